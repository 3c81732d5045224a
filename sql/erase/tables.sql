-- The tables that the search for what belongs to a patient fills.

-- the typed tables
create or replace temp table erase_tables (
    tbl       integer not null,
    type      varchar not null,
    can_name  boolean not null,  -- R4 has an element of it that may refer to a Patient
    dependent boolean not null   -- has a subject or is a Binary: nothing without the one that it is about
);

-- every reference of the source, and every URL of an attachment
create or replace temp table erase_refs (
    tbl    integer not null,
    rid    bigint not null,      -- rowid
    role   boolean not null,     -- the element says whose the resource is: subject, patient, ...
    anchor boolean not null,     -- ... or what it hangs on: an Encounter, the target of a Provenance
    ref    varchar not null
);

-- what is to be erased
create or replace temp table erase_rows (tbl integer not null, rid bigint not null);
create or replace temp table erase_ids (type varchar not null, id varchar not null);
