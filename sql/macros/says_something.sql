-- says_something(concept): whether a CodeableConcept has a text, or a coding with a
-- system, a code or a display. More than one coding is taken to have one.
create or replace macro says_something(concept) as
    concept.text <> ''
    or concept.coding[1].code <> ''
    or concept.coding[1].display <> ''
    or concept.coding[1].system <> ''
    or len(concept.coding) > 1;

comment on macro says_something is 'Whether a CodeableConcept has a text or a coding that is not empty';
