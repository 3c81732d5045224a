-- ledger, layout 3: what was erased, so that the numbers of ledger.imports still add up.
-- It does not say whose it was.

create table ledger.erasures (
    erasure integer not null,     -- 1, 2, ...
    erased  timestamptz not null,
    version varchar not null,     -- of fhirwh
    kind    varchar not null,     -- source or patient
    types   struct(
        resource_type varchar, rows bigint
    )[] not null,                 -- rows that went from typed tables
    imports struct(
        import integer, files bigint, bytes bigint, resources bigint, rejected bigint
    )[] not null                  -- files that went with their source, as their imports count them
);
