-- pick_name(names, today): of a list of HumanNames that of use official, else usual,
-- else the first; names of use old or whose period was over at the day today
-- (milliseconds since 1970) come last.
create or replace macro pick_name(names, today) as
    case
        when len(names) > 1
            then names[list_min(
                list_transform(
                    names,
                    lambda the_name, the_position: the_position + 100000 * (
                        case the_name.use when 'official' then 0 when 'usual' then 1 else 2 end
                        + case when the_name.use = 'old' or is_over(the_name.period, today) then 10 else 0 end
                        + case when the_name is null then 100 else 0 end
                    )
                )
            ) % 100000]
        else names[1]
    end;

comment on macro pick_name is 'Of HumanNames the one to show on a day';
