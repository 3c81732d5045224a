-- organizations: hospitals, departments, insurers and others, one row each.
-- Grain: (source, organization_id).
-- Source: FHIR R4 Organization (https://hl7.org/fhir/R4/organization.html).
create or replace view organizations as
select
    t._source                                               as source,
    t.id                                                    as organization_id,
    npi_of(t.identifier)                                    as npi,
    nullif(t.name, '')                                      as name,
    code_system_name(t.coding.system)                       as type_system,
    nullif(t.coding.code, '')                               as type_code,
    coalesce(nullif(t.type[1].text, ''), coding_text(t.type[1].coding, t.coding)) as type,
    pick_telecom(t.telecom, 'phone', today_utc())           as phone,
    nullif(t.the_address.city, '')                          as city,
    nullif(t.the_address.state, '')                         as state,
    ref_id(t.partOf.reference, 'Organization', o.resource_type, o.id) as part_of_id,
    t.active
from (
    select
        *,
        usual_coding(type[1])                               as coding,
        pick_address(address, today_utc())                  as the_address
    from base.Organization
) as t
left join ledger.urns as o on o.source = t._source and o.urn = t.partOf.reference;

comment on view organizations is 'Hospitals, departments, insurers and others, one row each (FHIR Organization)';
comment on column organizations.source is 'Where the row comes from: the label of the import';
comment on column organizations.organization_id is 'Id of the Organization, unique within source';
comment on column organizations.npi is 'US National Provider Identifier';
comment on column organizations.name is 'Name';
comment on column organizations.type_system is 'Code system of type_code';
comment on column organizations.type_code is 'Kind of organisation, as a code';
comment on column organizations.type is 'Kind of organisation, as text';
comment on column organizations.phone is 'Phone number to use first';
comment on column organizations.city is 'City of the address';
comment on column organizations.state is 'State of the address';
comment on column organizations.part_of_id is 'Id of the Organization that it is part of';
comment on column organizations.active is 'Whether the record is in use; NULL if not sent';
