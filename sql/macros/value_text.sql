-- value_text(quantity, concept, ...): what a person reads of the value of an Observation or
-- a component, whose other forms are the arguments. pointer is where in the resource their
-- holder is, extra the resource's _extra.
create or replace macro value_text(
    quantity,
    concept,
    a_string,
    a_boolean,
    an_integer,
    a_range,
    a_ratio,
    a_time,
    a_datetime,
    a_period,
    sampled,
    extra,
    pointer
) as
    case
        when quantity is not null
            then joined(
                [
                    quantity.comparator,
                    coalesce(as_sent(extra, pointer || '/valueQuantity/value'), number_text(quantity.value)),
                    quantity_unit(quantity)
                ],
                ' '
            )
        when concept is not null then picked_text(concept, ['LOINC', 'SNOMED CT'])
        when a_string <> '' then a_string
        when a_boolean is not null then a_boolean::varchar
        when an_integer is not null or number_sent(extra, pointer || '/valueInteger') is not null
            then coalesce(as_sent(extra, pointer || '/valueInteger'), an_integer::varchar)
        when a_range is not null then range_text(a_range)
        when a_ratio is not null then ratio_text(a_ratio)
        when a_time <> '' then a_time
        when a_datetime <> '' then a_datetime
        when a_period is not null then period_text(a_period)
        when sampled is not null then nullif(sampled.data, '')
    end;

comment on macro value_text is 'What a person reads of the value of an Observation or a component';
