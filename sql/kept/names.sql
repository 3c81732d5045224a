-- ledger.names: what people call the people, places and organisations of the warehouse,
-- by the text of a reference to them. A table that every import keeps up to date,
-- because nearly every view looks names up.
-- Grain: (source, reference), where reference is Type/id, the urn: that a Bundle gave to
-- it, or urn:uuid:id.
create table if not exists ledger.names (
    source    varchar not null,
    reference varchar not null,
    name      varchar not null
);

create or replace temp table names_now as
with named as (
    select _source as source, 'Patient' as type, id, human_name(name) as name from base.Patient
    union all
    select _source, 'RelatedPerson', id, human_name(name) from base.RelatedPerson
    union all
    select _source, 'Practitioner', id, human_name(name) from base.Practitioner
    union all
    select
        r._source,
        'PractitionerRole',
        r.id,
        coalesce(
            nullif(r.practitioner.display, ''),
            human_name(p.name),
            nullif(r.organization.display, ''),
            nullif(o.name, '')
        )
    from base.PractitionerRole as r
    left join ledger.urns as pu on pu.source = r._source and pu.urn = r.practitioner.reference
    left join ledger.urns as ou on ou.source = r._source and ou.urn = r.organization.reference
    left join base.Practitioner as p
        on p._source = r._source
        and p.id = ref_id(r.practitioner.reference, 'Practitioner', pu.resource_type, pu.id)
    left join base.Organization as o
        on o._source = r._source
        and o.id = ref_id(r.organization.reference, 'Organization', ou.resource_type, ou.id)
    union all
    select _source, 'Organization', id, nullif(name, '') from base.Organization
    union all
    select _source, 'Location', id, nullif(name, '') from base.Location
    union all
    select _source, 'HealthcareService', id, nullif(name, '') from base.HealthcareService
    union all
    select _source, 'CareTeam', id, nullif(name, '') from base.CareTeam
    union all
    select _source, 'Device', id, coalesce(nullif(deviceName[1].name, ''), concept_text(type)) from base.Device
)
select source, reference, min(name) as name
from (
    select
        n.source,
        n.name,
        unnest([
            n.type || '/' || n.id,
            case when length(n.id) = 36 then 'urn:uuid:' || n.id end,
            b.full_url
        ]) as reference
    from named as n
    left join (
        select source, resource_type, resource_id, full_url
        from ledger.bundle_entries
        where starts_with(full_url, 'urn:') and resource_id <> urn_tail(full_url)
    ) as b on b.source = n.source and b.resource_type = n.type and b.resource_id = n.id
    where n.name is not null
)
where reference is not null
group by source, reference;

delete from ledger.names as old
where not exists (
    from names_now as new
    where new.source = old.source and new.reference = old.reference and new.name = old.name
);

insert into ledger.names
select source, reference, name from names_now
except
select source, reference, name from ledger.names;

drop table names_now;
