-- diagnosis_code(concept): the code of a diagnosis: ICD-10-CM preferred, then ICD-10,
-- ICD-9-CM, SNOMED CT.
create or replace macro diagnosis_code(concept) as
    list_transform(
        [pick_coding(concept, ['ICD-10-CM', 'ICD-10', 'ICD-9-CM', 'SNOMED CT'])],
        lambda the_coding: filled_text(the_coding.code)
    )[1];

comment on macro diagnosis_code is 'Code of a diagnosis; ICD-10-CM preferred';
