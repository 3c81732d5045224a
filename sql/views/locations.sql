-- locations: places of care, one row each.
-- Grain: (source, location_id).
-- Source: FHIR R4 Location (https://hl7.org/fhir/R4/location.html).
create or replace view locations as
select
    t._source                                               as source,
    t.id                                                    as location_id,
    nullif(t.name, '')                                      as name,
    code_system_name(t.coding.system)                       as type_system,
    nullif(t.coding.code, '')                               as type_code,
    coalesce(nullif(t.type[1].text, ''), coding_text(t.type[1].coding, t.coding)) as type,
    joined(t.address.line, ', ')                            as address_line,
    nullif(t.address.city, '')                              as city,
    nullif(t.address.state, '')                             as state,
    nullif(t.address.postalCode, '')                        as postal_code,
    ref_id(t.managingOrganization.reference, 'Organization', o.resource_type, o.id) as managing_organization_id,
    nullif(t.status, '')                                    as status
from (
    select *, usual_coding(type[1]) as coding
    from Location
) as t
left join ledger.urns as o on o.source = t._source and o.urn = t.managingOrganization.reference;
