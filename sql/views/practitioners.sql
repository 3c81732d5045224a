-- practitioners: doctors, nurses and others who care, one row each.
-- Grain: (source, practitioner_id).
-- The specialty is the first qualification, else that of a PractitionerRole of theirs.
-- Source: FHIR R4 Practitioner (https://hl7.org/fhir/R4/practitioner.html).
create or replace view practitioners as
with
roles as (
    select _source, practitioner_id, arg_min(concept, id) as concept
    from (
        select
            r._source,
            r.id,
            ref_id(r.practitioner.reference, 'Practitioner', u.resource_type, u.id) as practitioner_id,
            plain_concept(r.the_specialty)                  as concept
        from (select *, pick_concept(specialty, ['NUCC']) as the_specialty from base.PractitionerRole) as r
        left join ledger.urns as u on u.source = r._source and u.urn = r.practitioner.reference
    )
    where concept is not null
    group by _source, practitioner_id
)

select
    t._source                                               as source,
    t.id                                                    as practitioner_id,
    npi_of(t.identifier)                                    as npi,
    name_text(t.the_name)                                   as full_name,
    nullif(t.the_name.family, '')                           as family_name,
    filled(t.the_name.given)[1]                             as given_name,
    code_system_name(t.coding.system)                       as specialty_system,
    nullif(t.coding.code, '')                               as specialty_code,
    coalesce(nullif(t.specialty.text, ''), coding_text(t.specialty.coding, t.coding)) as specialty,
    pick_telecom(t.telecom, 'phone', today_utc())           as phone,
    pick_telecom(t.telecom, 'email', today_utc())           as email,
    nullif(t.the_address.city, '')                          as city,
    nullif(t.the_address.state, '')                         as state,
    t.active
from (
    select *, pick_coding(specialty, ['NUCC']) as coding
    from (
        select
            p.*,
            pick_name(p.name, today_utc())                  as the_name,
            pick_address(p.address, today_utc())            as the_address,
            coalesce(plain_concept(p.qualification[1].code), r.concept) as specialty
        from base.Practitioner as p
        left join roles as r on r._source = p._source and r.practitioner_id = p.id
    )
) as t;

comment on view practitioners is 'Doctors, nurses and others who care, one row each (FHIR Practitioner)';
comment on column practitioners.source is 'Where the row comes from: the label of the import';
comment on column practitioners.practitioner_id is 'Id of the Practitioner, unique within source';
comment on column practitioners.npi is 'US National Provider Identifier';
comment on column practitioners.full_name is 'Name as one text';
comment on column practitioners.family_name is 'Family name';
comment on column practitioners.given_name is 'First given name';
comment on column practitioners.specialty_system is 'Code system of specialty_code';
comment on column practitioners.specialty_code is 'First qualification, else specialty of a role, as a code; NUCC preferred';
comment on column practitioners.specialty is 'First qualification, else specialty of a role, as text';
comment on column practitioners.phone is 'Phone number to use first';
comment on column practitioners.email is 'Email address to use first';
comment on column practitioners.city is 'City of the address';
comment on column practitioners.state is 'State of the address';
comment on column practitioners.active is 'Whether the record is in use; NULL if not sent';
