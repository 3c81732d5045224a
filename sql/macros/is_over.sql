-- is_over(period, today): whether a Period had ended before the day today, a DATE. The
-- last day that its end may mean belongs to it. False without a readable end.
create or replace macro is_over(period, today) as
    coalesce(
        case length(period."end")
            when 4 then try_cast(period."end" || '-12-31' as date)
            when 7 then last_day(try_cast(period."end" || '-01' as date))
            else try_cast(left(period."end", 10) as date)
        end < today,
        false
    );

comment on macro is_over is 'Whether a Period had ended before a day';
