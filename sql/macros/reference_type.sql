-- reference_type(reference): the resource type that a Reference leads to: of
-- Patient/1 it is Patient. Where the reference itself does not tell (urn:uuid:x, or
-- only an identifier or display) it is the type that the Reference states. NULL of a
-- contained or conditional reference and of what is no R4 type.
create or replace macro reference_type(reference) as
    case
        when coalesce(reference.reference, '') = '' or starts_with(reference.reference, 'urn:')
            then case when is_resource_type(reference.type) then reference.type end
        when is_resource_type(reference_part(reference.reference, 1))
            then reference_part(reference.reference, 1)
    end;

comment on macro reference_type is 'Resource type that a Reference leads to, else NULL';
