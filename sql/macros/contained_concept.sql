-- contained_concept(contained, reference): the code of the contained resource that the
-- text #x of a reference leads to, as plain_concept gives a CodeableConcept.
create or replace macro contained_concept(contained, reference) as
    case
        when starts_with(reference, '#')
            then json_concept(contained_resource(contained, reference), 'code')
    end;

comment on macro contained_concept is 'Code of the contained resource that a reference #x leads to';
