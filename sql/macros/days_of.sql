-- days_of(number, unit): a duration in days; NULL if the unit has no fixed number of
-- them. A duration without unit is one in days.
create or replace macro days_of(number, unit) as
    number * case lower(coalesce(nullif(unit, ''), 'd'))
        when 'd' then 1
        when 'day' then 1
        when 'days' then 1
        when 'wk' then 7
        when 'week' then 7
        when 'weeks' then 7
        when 'h' then 1 / 24
        when 'hour' then 1 / 24
        when 'hours' then 1 / 24
    end;

comment on macro days_of is 'A duration in days';
