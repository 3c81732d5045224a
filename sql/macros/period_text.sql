-- period_text(period): what a person reads of a Period: 2012-05 - 2012-07, from 2012-05,
-- until 2012-07. NULL if it has no end at all.
create or replace macro period_text(period) as
    case
        when period."start" <> '' and period."end" <> '' then period."start" || ' - ' || period."end"
        when period."start" <> '' then 'from ' || period."start"
        when period."end" <> '' then 'until ' || period."end"
    end;

comment on macro period_text is 'What a person reads of a Period';
