-- ledger: what was imported, from where, and what could not be.
-- Layout 1. Every row of a typed table leads here through its _file.

create schema ledger;

-- base: for each resource type that our views read, a view of its table with every
-- column that they read: NULL where the table does not have it.
create schema base;

create table ledger.meta (
    layout  integer not null,     -- of the ledger and the bookkeeping columns
    created timestamptz not null
);

create table ledger.imports (
    import     integer not null,  -- 1, 2, ...
    started    timestamptz not null,
    finished   timestamptz not null,
    version    varchar not null,  -- of fhirwh
    files      bigint not null,   -- read; skipped ones are not counted
    bytes      bigint not null,   -- of those files, as they lie on disk
    resources  bigint not null,   -- new + changed + unchanged + superseded + variants of this import
    new        bigint not null,   -- identities that were not there
    changed    bigint not null,   -- current rows that another content took the place of
    unchanged  bigint not null,   -- content that was there already, repeats within the import included
    superseded bigint not null,   -- sent, but older than what is there, and not kept
    variants   bigint not null,   -- contents that went to ledger.variants
    unordered  bigint not null,   -- of changed: without a later meta.lastUpdated
    rejected   bigint not null,
    types      struct(
        resource_type varchar, new bigint, changed bigint, unchanged bigint, superseded bigint, variants bigint, unordered bigint
    )[] not null                  -- the same by resource type
);

create table ledger.files (
    file      integer not null,   -- 1, 2, ...: the _file of typed rows
    import    integer not null,
    source    varchar not null,
    name      varchar not null,   -- absolute path, PATH!MEMBER in an archive, - for standard input
    size      bigint not null,    -- bytes as they lie on disk
    hash      uhugeint not null,  -- of those bytes, see SumFile
    resources bigint not null,
    rejected  bigint not null,    -- lines
    replayed  bigint not null,    -- of those: imported later, after somebody repaired them
    blank     bigint not null,    -- bytes outside resources and rejects
    note      varchar             -- such as "end not verifiable"
);

create table ledger.rejects (
    import   integer not null,
    file     integer not null,
    line     bigint not null,
    entry    integer,             -- of an array or Bundle
    "offset" bigint not null,     -- of the line in the unpacked file, in bytes
    length   bigint not null,     -- of the line in bytes
    reason   varchar not null,
    detail   varchar,             -- where in the line
    raw      blob not null        -- the line, at most 1 MiB of it
);

create table ledger.variants (
    source        varchar not null,
    resource_type varchar not null,
    id            varchar not null,
    content       uhugeint not null, -- of the canonical content
    last_updated  varchar,
    file          integer not null,
    line          bigint not null,
    entry         integer,
    resource      json,              -- the whole resource; null if DuckDB's JSON cannot hold it
    raw           blob               -- then its bytes
);

create table ledger.bundle_entries (
    source        varchar not null,
    file          integer not null,
    line          bigint not null,
    entry         integer not null,  -- the _entry of the resource
    full_url      varchar,
    resource_type varchar,
    resource_id   varchar,
    content       uhugeint           -- of a resource without id
);

create table ledger.views (
    name varchar not null,           -- of a file in sql/
    hash varchar not null            -- of the SQL that made it
);
