-- us_core_parts(extension): the Codings in an Extension of US Core about race or
-- ethnicity: the categories, then the detailed ones, else those of its own concept.
create or replace macro us_core_parts(extension) as
    list_concat(
        list_transform(
            list_filter(extension.extension, lambda the_part: the_part.url = 'ombCategory'),
            lambda the_part: {'code': the_part.valueCoding.code, 'display': the_part.valueCoding.display}
        ),
        list_transform(
            list_filter(extension.extension, lambda the_part: the_part.url = 'detailed'),
            lambda the_part: {'code': the_part.valueCoding.code, 'display': the_part.valueCoding.display}
        ),
        list_transform(
            extension.valueCodeableConcept.coding,
            lambda the_part: {'code': the_part.code, 'display': the_part.display}
        )
    );

comment on macro us_core_parts is 'Codings in an Extension of US Core about race or ethnicity';
