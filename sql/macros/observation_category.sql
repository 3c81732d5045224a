-- observation_category(categories): the first code of HL7's observation categories in a
-- list of CodeableConcepts, else the first code of another HL7 code system, else NULL.
-- Source: http://terminology.hl7.org/CodeSystem/observation-category and US Core's
-- us-core-category.
create or replace macro observation_category(categories) as
    case
        when is_observation_category(categories[1].coding[1].code)
            then categories[1].coding[1].code
        else list_transform(
            [flatten(list_transform(categories, lambda the_category: the_category.coding))],
            lambda the_codings: coalesce(
                list_filter(the_codings, lambda the_coding: is_observation_category(the_coding.code))[1].code,
                list_filter(
                    the_codings,
                    lambda the_coding: the_coding.code <> '' and contains(the_coding.system, 'hl7.org/')
                )[1].code
            )
        )[1]
    end;

comment on macro observation_category is 'First code of an HL7 observation category, such as laboratory';
