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
    from base.Location
) as t
left join ledger.urns as o on o.source = t._source and o.urn = t.managingOrganization.reference;

comment on view locations is 'Places of care, one row each (FHIR Location)';
comment on column locations.source is 'Where the row comes from: the label of the import';
comment on column locations.location_id is 'Id of the Location, unique within source';
comment on column locations.name is 'Name';
comment on column locations.type_system is 'Code system of type_code';
comment on column locations.type_code is 'Kind of place, as a code';
comment on column locations.type is 'Kind of place, as text';
comment on column locations.address_line is 'Street lines of the address, joined by commas';
comment on column locations.city is 'City of the address';
comment on column locations.state is 'State of the address';
comment on column locations.postal_code is 'Postal code of the address';
comment on column locations.managing_organization_id is 'Id of the Organization that runs it';
comment on column locations.status is 'Status code: active, suspended, inactive';
