-- frequency_text(timing): how often, as a person reads it: the text of the Timing's code,
-- else built from what repeats (2 times per 1 day), else a display or code.
create or replace macro frequency_text(timing) as
    coalesce(
        nullif(timing.code.text, ''),
        timing.repeat.frequency
            || case when timing.repeat.frequency = 1 then ' time per ' else ' times per ' end
            || number_text(timing.repeat.period)
            || ' '
            || case timing.repeat.periodUnit
                when 's' then 'second'
                when 'min' then 'minute'
                when 'h' then 'hour'
                when 'd' then 'day'
                when 'wk' then 'week'
                when 'mo' then 'month'
                when 'a' then 'year'
            end
            || case when timing.repeat.period = 1 then '' else 's' end,
        concept_text(timing.code)
    );

comment on macro frequency_text is 'How often a Timing says, as a person reads it';
