-- concept_code(concept): the code of the coding that pick_coding takes without
-- preference, else the first code. NULL of a concept without codes.
create or replace macro concept_code(concept) as
    coalesce(
        filled_text(usual_coding(concept).code),
        list_filter(concept.coding, lambda the_coding: the_coding.code <> '')[1].code
    );

comment on macro concept_code is 'Code of a CodeableConcept; NULL if it has none';
