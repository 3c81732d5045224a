-- range_text(range): what a person reads of a Range: 120 - 140 mmHg, >= 120 mmHg,
-- <= 140 mmHg. NULL if it has neither number.
create or replace macro range_text(range) as
    case
        when coalesce(range.low.value, range.high.value) is not null
            then concat_ws(
                ' ',
                case when range.high.value is null then '>=' when range.low.value is null then '<=' end,
                number_text(range.low.value),
                case when range.low.value + range.high.value is not null then '-' end,
                number_text(range.high.value),
                coalesce(nullif(range.high.unit, ''), nullif(range.low.unit, ''), nullif(range.high.code, ''), nullif(range.low.code, ''))
            )
    end;

comment on macro range_text is 'What a person reads of a Range';
