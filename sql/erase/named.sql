-- What each reference names: type and id (of a urn that no Bundle explains the id
-- only), and whether that is the patient or another one.
create or replace temp table erase_named as
with texts as (
    select distinct ref, regexp_replace(ref, '[?#|].*$', '') as bare from erase_refs
),
urns as (
    select
        full_url,
        arg_max(resource_type, (file, line, entry)) as type,
        arg_max(resource_id, (file, line, entry))   as id
    from ledger.bundle_entries
    where source = getvariable('erase_source')
        and starts_with(full_url, 'urn:')
        and resource_type is not null
    group by full_url
),
parsed as (
    select
        t.ref,
        t.bare,
        coalesce(u.type, case when b.of_binary then 'Binary' end, nullif(regexp_extract(t.bare, '(?:^|/)([A-Z][A-Za-z]*)/([^/]+)(?:/_history/[^/]*)?$', 1), '')) as type,
        coalesce(
            u.id,
            -- a URL that can be no id stands base64-encoded in its place
            case when b.of_binary then to_base64(encode(t.ref)) end,
            nullif(regexp_extract(t.bare, '(?:^|/)([A-Z][A-Za-z]*)/([^/]+)(?:/_history/[^/]*)?$', 2), ''),
            case when starts_with(t.bare, 'urn:') then regexp_extract(t.bare, '[^:]+$') end
        ) as id
    from texts as t
    left join urns as u on u.full_url = t.bare
    cross join lateral (select regexp_matches(t.ref, '(^|/)Binary/[^/]*\?') as of_binary) as b
),
judged as (
    select
        ref,
        bare,
        type,
        id,
        coalesce(id = getvariable('erase_patient') and (type is null or type = 'Patient'), false)
            or regexp_matches(bare, getvariable('erase_pattern')) as self
    from parsed
)
select
    ref,
    type,
    id,
    self,
    not self and (
        coalesce(type = 'Patient', false)
        or regexp_matches(bare, '(^|/)Patient/')
        or coalesce(type is null and id in (select id from main."Patient" where _source = getvariable('erase_source') and id is not null), false)
    ) as other
from judged;

-- Whom each resource names.
create or replace temp table erase_naming as
select
    r.tbl,
    r.rid,
    bool_or(r.role)             as has_role,
    bool_or(r.role and n.self)  as role_self,
    bool_or(r.role and n.other) as role_other,
    bool_or(n.self)             as self,
    coalesce(bool_or(n.other), false) as other
from erase_refs as r
join erase_named as n using (ref)
group by r.tbl, r.rid;

-- A resource belongs to the patient if the element that says whose it is names nobody
-- else; one that has no such element, if it names this patient and no other.
insert into erase_rows
select n.tbl, n.rid
from erase_naming as n
join erase_tables as t using (tbl)
where n.self
    and case when n.has_role then n.role_self and not n.role_other else t.can_name and not n.other end;
