-- pick_concept(concepts, systems): of a list of CodeableConcepts the first that has
-- a coding, with a code, of one of the systems; else the first that says something;
-- else the first.
create or replace macro pick_concept(concepts, systems) as
    coalesce(
        case
            when len(concepts) > 1 and len(systems) > 0
                then list_filter(
                    concepts,
                    lambda the_concept: coding_choice(the_concept.coding, systems) < 1000 * 100000
                )[1]
        end,
        case
            when len(concepts) > 1
                then list_filter(concepts, lambda the_concept: says_something(the_concept))[1]
        end,
        concepts[1]
    );

comment on macro pick_concept is 'Of CodeableConcepts the first with a code of one of the systems, else the first';
