-- fhir_timestamp(text): the instant of a FHIR dateTime or instant, as a TIMESTAMPTZ.
-- NULL when the text has no time or no zone, or fhir_date(text) is NULL.
-- Digits of the fraction beyond microseconds are cut off; a leap second is the
-- second after :59.
create or replace macro fhir_timestamp(text) as
    case
        when regexp_full_match(
            text,
            '([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9](:([0-5][0-9]|60)(\.[0-9]+)?)?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)'
        )
            then case
                when text[17] <> ':'
                    then try_cast(text[:16] || ':00' || text[17:] as timestamptz)
                when text[18:19] = '60'
                    then to_timestamp(epoch_us(try_cast(text[:17] || '59' || text[20:] as timestamptz)) / 1000000 + 1)
                else try_cast(text as timestamptz)
            end
    end;

comment on macro fhir_timestamp is 'Instant of a FHIR dateTime or instant that has a time and a zone, else NULL';
