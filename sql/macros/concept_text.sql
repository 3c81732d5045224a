-- concept_text(concept): what a person reads of a CodeableConcept: its text, else the
-- display of the coding that pick_coding takes without preference, else any display,
-- else the code. NULL if there is none of these.
create or replace macro concept_text(concept) as
    coalesce(
        nullif(concept.text, ''),
        list_transform(
            [usual_coding(concept)],
            lambda the_picked: coding_text(concept.coding, the_picked)
        )[1]
    );

comment on macro concept_text is 'What a person reads of a CodeableConcept: its text, else a display, else the code';
