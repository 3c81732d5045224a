-- reference_id(reference): the bare id that a Reference to a resource leads to: of
-- Patient/1, https://host/fhir/Patient/1 and Patient/1/_history/2 it is 1, of
-- urn:uuid:x and urn:oid:x it is x (views look that up in the Bundle that brought
-- it). NULL of a contained (#x) or conditional reference, of one with only an
-- identifier or display, and of what is no [base/]Type/id of an R4 type.
create or replace macro reference_id(reference) as
    case
        when starts_with(reference.reference, 'urn:') then urn_tail(reference.reference)
        when is_resource_type(reference_part(reference.reference, 1)) then reference_part(reference.reference, 2)
    end;

comment on macro reference_id is 'Bare id that a Reference to a resource leads to, else NULL';
