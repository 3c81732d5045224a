-- The entries of Bundles that brought what is to be erased. erase_contents holds the
-- content of resources without id.
create or replace temp table erase_entries as
select b.rowid as rid, b.file, b.line
from ledger.bundle_entries as b
where b.source = getvariable('erase_source')
    and (
        (b.resource_type = 'Patient' and b.resource_id = getvariable('erase_patient'))
        or exists (from erase_ids as i where i.type = b.resource_type and i.id = b.resource_id)
        or (b.resource_id is null and b.content in (select content from erase_contents))
    );

-- A Bundle itself, which is only the envelope of what it brought, goes with the
-- patient unless it names another one or an entry that stays is about somebody.
create or replace temp table erase_bundles as
select
    x.rowid as rid,
    coalesce(n.other, false) or exists (
        from ledger.bundle_entries as b
        where b.file = x._file
            and b.line = x._line
            and b.rowid not in (select rid from erase_entries)
            and (b.resource_type = 'Patient' or b.resource_type in (select type from erase_tables where dependent))
    ) as shared
from main."Bundle" as x
left join erase_naming as n on n.rid = x.rowid and n.tbl = (select tbl from erase_tables where type = 'Bundle')
where x._source = getvariable('erase_source')
    and (
        coalesce(n.self, false)
        or exists (from erase_entries as e where e.file = x._file and e.line = x._line)
    );
