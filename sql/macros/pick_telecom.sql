-- pick_telecom(telecoms, wanted, today): of a list of ContactPoints the value of that
-- of system wanted to use first at the day today: by rank,
-- then mobile, home, work, others; old ones and those whose period is over come last.
-- NULL if there is none with a value.
create or replace macro pick_telecom(telecoms, wanted, today) as
    telecoms[list_min(
        list_transform(
            telecoms,
            lambda the_telecom, the_position: case
                when the_telecom.system = wanted and the_telecom.value <> ''
                    then the_position
                        + 100000 * case the_telecom.use when 'mobile' then 0 when 'home' then 1 when 'work' then 2 else 3 end
                        + 1000000 * least(coalesce(the_telecom.rank, 999999), 999999)::bigint
                        + case
                            when the_telecom.use = 'old' or is_over(the_telecom.period, today)
                                then 1000000000000
                            else 0
                        end
            end
        )
    ) % 100000].value;

comment on macro pick_telecom is 'Of ContactPoints the value of the first to use on a day';
