-- plain_concept(concept): a CodeableConcept with the fields that every one has, so that
-- those of several tables go into one column.
create or replace macro plain_concept(concept) as
    case
        when concept is not null
            then {
                'coding': list_transform(
                    concept.coding,
                    lambda the_coding: {
                        'system': the_coding.system,
                        'code': the_coding.code,
                        'display': the_coding.display,
                        'userSelected': the_coding.userSelected
                    }
                ),
                'text': concept.text
            }
    end;

comment on macro plain_concept is 'CodeableConcept with the fields that every one has';
