-- reference_type(reference): the resource type in the text of a Reference: of Patient/1,
-- https://host/fhir/Patient/1 and Patient/1/_history/2 it is Patient. NULL of a
-- contained, conditional or urn: reference, of one without text, and of what is no R4
-- type.
create or replace macro reference_type(reference) as
    case
        when is_resource_type(reference_part(reference.reference, 1))
            then reference_part(reference.reference, 1)
    end;

comment on macro reference_type is 'Resource type that a Reference leads to, else NULL';
