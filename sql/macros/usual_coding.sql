-- usual_coding(concept): the Coding of a CodeableConcept that pick_coding takes where no
-- code system is preferred: the one with userSelected, else the first with a system,
-- else the first.
create or replace macro usual_coding(concept) as
    case
        when len(concept.coding) > 1
            then concept.coding[list_min(
                list_transform(
                    concept.coding,
                    lambda the_coding, the_position: the_position + 100000 * usual_rank(the_coding)
                )
            ) % 100000]
        else concept.coding[1]
    end;

comment on macro usual_coding is 'Coding of a CodeableConcept where no code system is preferred';
