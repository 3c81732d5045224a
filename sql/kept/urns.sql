-- ledger.urns: what the urn:uuid: and urn:oid: references of Bundles lead to, where the
-- urn does not tell. A table that every import keeps up to date.
-- Grain: (source, urn); of several Bundles the last one counts.
-- In most Bundles the urn's tail is the id. Such an entry is only here if it is of a type
-- that stands where another one is expected: a Group in place of a Patient.
create table if not exists ledger.urns (
    source        varchar not null,
    urn           varchar not null,
    resource_type varchar not null,
    id            varchar
);

create or replace temp table urns_now as
select
    source,
    full_url                                      as urn,
    arg_max(resource_type, (file, line, entry))   as resource_type,
    arg_max(resource_id, (file, line, entry))     as id
from ledger.bundle_entries
where starts_with(full_url, 'urn:')
    and (
        resource_id <> urn_tail(full_url)
        or resource_type in (
            'CareTeam',
            'Device',
            'EpisodeOfCare',
            'Group',
            'HealthcareService',
            'Location',
            'Organization',
            'Patient',
            'Practitioner',
            'PractitionerRole',
            'RelatedPerson'
        )
    )
    and resource_type is not null
group by source, full_url;

delete from ledger.urns as old
where not exists (
    from urns_now as new
    where new.source = old.source
        and new.urn = old.urn
        and new.resource_type = old.resource_type
        and new.id is not distinct from old.id
);

insert into ledger.urns
select source, urn, resource_type, id from urns_now
except
select source, urn, resource_type, id from ledger.urns;

drop table urns_now;
