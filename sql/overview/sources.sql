-- The sources of a warehouse, and when something of each was imported last.
-- Grain: source.
select
    f.source,
    count(*)                                                as files,
    max(i.import)                                           as last_import,
    strftime(max(i.started) at time zone 'UTC', '%Y-%m-%d %H:%M:%S') as last_imported
from ledger.files as f
join ledger.imports as i using (import)
group by f.source
order by f.source
