-- fhir_date(text): the calendar day of a FHIR date, dateTime or instant, as a DATE.
-- The day as written, in the text's own offset; of a partial date the first day.
-- NULL, never an error, for text that is not such a date in full: 30 February,
-- 24:00, an offset beyond 14 hours, epoch milliseconds. Seconds may be missing
-- (some systems leave them out); a leap second is read.
-- Source: FHIR R4, Data Types (https://hl7.org/fhir/R4/datatypes.html#dateTime).
create or replace macro fhir_date(text) as
    case
        when regexp_full_match(
            text,
            '([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)(-[0-9]{2}(-[0-9]{2}(T([01][0-9]|2[0-3]):[0-5][0-9](:([0-5][0-9]|60)(\.[0-9]+)?)?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?)?)?)?'
        )
            then try_cast(left(text || '-01-01', 10) as date)
    end;

comment on macro fhir_date is 'Calendar day of a FHIR date, dateTime or instant as written; NULL if it is none';
