-- plain_concept(concept): a CodeableConcept with the fields that every one has, so that
-- those of several tables go into one column. NULL of one that says nothing, such as
-- {"coding": [], "text": ""}, which must not stand before another one.
create or replace macro plain_concept(concept) as
    case
        when says_something(concept)
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
