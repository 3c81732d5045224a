-- picked_text(concept, systems): what a person reads of a CodeableConcept of which a view
-- shows the coding that pick_coding(concept, systems) takes: its text, else that coding's
-- display, else any display, else the code.
create or replace macro picked_text(concept, systems) as
    coalesce(
        nullif(concept.text, ''),
        list_transform(
            [pick_coding(concept, systems)],
            lambda the_picked: coding_text(concept.coding, the_picked)
        )[1]
    );

comment on macro picked_text is 'What a person reads of a CodeableConcept whose codings are of preferred systems: picked_text(concept, [''LOINC''])';
