-- import_days(): the day, in UTC, on which each file was imported.
-- Grain: file, the _file of a row.
create or replace macro import_days() as table
    select f.file, any_value(make_timestamp(epoch_us(i.finished))::date) as day
    from ledger.files as f
    join ledger.imports as i using (import)
    group by f.file;

comment on macro table import_days is 'Day on which each file was imported';
