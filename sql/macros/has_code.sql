-- has_code(concept, code): whether a CodeableConcept has a coding with that code.
create or replace macro has_code(concept, code) as
    list_contains(list_transform(concept.coding, lambda the_coding: the_coding.code), code);

comment on macro has_code is 'Whether a CodeableConcept has a coding with that code';
