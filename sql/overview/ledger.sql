-- What the ledger has beside resources: one row.
select
    (select count(*) from ledger.imports)                   as imports,
    (select count(*) from ledger.rejects)                   as rejects,
    (select count(*) from ledger.variants)                  as variants
