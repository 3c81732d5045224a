-- plain_timing(timing): a Timing with the fields that frequency_text reads, so that those
-- of several tables go into one column.
create or replace macro plain_timing(timing) as
    {
        'code': plain_concept(timing.code),
        'repeat': {
            'frequency': timing.repeat.frequency,
            'period': timing.repeat.period,
            'periodUnit': timing.repeat.periodUnit
        }
    };

comment on macro plain_timing is 'A Timing with the fields that frequency_text reads';
