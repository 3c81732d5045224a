-- pick_coding(concept, systems): the Coding of a CodeableConcept that a view shows.
-- systems is a list of short names in order of preference, such as
-- ['LOINC', 'SNOMED CT']. It is the first coding with a code of the first of them
-- that is there; if none is, the one with userSelected, else the first with a
-- system, else the first. NULL of a concept without codings.
create or replace macro pick_coding(concept, systems) as
    case
        when len(concept.coding) > 1
            then concept.coding[coding_choice(concept.coding, systems) % 100000]
        else concept.coding[1]
    end;

comment on macro pick_coding is 'Coding of a CodeableConcept that a view shows: pick_coding(concept, [''LOINC'', ''SNOMED CT''])';
