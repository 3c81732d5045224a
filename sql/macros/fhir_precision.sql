-- fhir_precision(text): how much of a FHIR date, dateTime or instant was given:
-- year, month, day, minute or second. A fraction of a second is second.
-- NULL when fhir_date(text) is NULL.
create or replace macro fhir_precision(text) as
    case
        when fhir_date(text) is null then null
        when length(text) = 4 then 'year'
        when length(text) = 7 then 'month'
        when length(text) = 10 then 'day'
        when text[17] = ':' then 'second'
        else 'minute'
    end;

comment on macro fhir_precision is 'How much of a FHIR date was given: year, month, day, minute or second';
