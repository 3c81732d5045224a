-- Variants of what goes, and those that are themselves about the patient. In a
-- variant that DuckDB's JSON cannot hold only identity counts.
create or replace temp table erase_variant_refs as
select
    rid,
    role,
    regexp_replace(ref, '[?#|].*$', '') as bare
from (
    select
        v.rowid as rid,
        true as role,
        unnest(list_concat(
            [v.resource ->> '$.subject.reference', v.resource ->> '$.patient.reference', v.resource ->> '$.beneficiary.reference',
             v.resource ->> '$.individual.reference', v.resource ->> '$.for.reference', v.resource ->> '$.candidate.reference'],
            (v.resource ->> '$.subject[*].reference')
        )) as ref
    from ledger.variants as v
    where v.source = getvariable('erase_source')
    union all
    select
        v.rowid,
        false,
        unnest(regexp_extract_all(replace(v.resource::varchar, '\/', '/'), '"((?:[^"\\]*/)?Patient/[^"\\]+|urn:[^"\\]+)"', 1))
    from ledger.variants as v
    where v.source = getvariable('erase_source')
)
where ref is not null;

create or replace temp table erase_variant_naming as
select
    r.rid,
    bool_or(r.role) as has_role,
    bool_or(r.self) as self,
    bool_or(r.role and r.self) as role_self,
    bool_or(r.role and r.other) as role_other,
    bool_or(r.other) as other
from (
    select
        r.rid,
        r.role,
        regexp_matches(r.bare, getvariable('erase_pattern')) or coalesce(n.self, false) as self,
        coalesce(n.other, regexp_matches(r.bare, '(^|/)Patient/') and not regexp_matches(r.bare, getvariable('erase_pattern'))) as other
    from erase_variant_refs as r
    left join erase_named as n on n.ref = r.bare
) as r
group by r.rid;

create or replace temp table erase_variants as
select v.rowid as rid
from ledger.variants as v
where v.source = getvariable('erase_source')
    and (
        (v.resource_type = 'Patient' and v.id = getvariable('erase_patient'))
        or exists (from erase_ids as i where i.type = v.resource_type and i.id = v.id)
        or exists (
            from erase_variant_naming as n
            where n.rid = v.rowid
                and n.self
                and case
                    when n.has_role then n.role_self and not n.role_other
                    else not n.other and v.resource_type in (select type from erase_tables where can_name)
                end
        )
    );

create or replace temp table erase_variants_still as
select n.rid
from erase_variant_naming as n
where n.self and n.rid not in (select rid from erase_variants);
