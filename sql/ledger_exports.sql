-- ledger, layout 2: what the landing folder of Fasten Connect knew at the last import.
-- Every import copies it anew. No link, no secret and no body of an event is in it.

create table ledger.connections (
    org_connection_id  varchar not null,    -- the _source of the resources that it brought
    api_mode           varchar not null,    -- test or live
    status             varchar not null,    -- authorized, revoked, ...
    platform_type      varchar,
    endpoint_id        varchar,
    brand_id           varchar,
    portal_id          varchar,
    tefca_directory_id varchar,
    external_id        varchar,             -- the caller's own id of the patient
    scope              varchar,
    consent_expires    timestamptz,
    connected          timestamptz,
    revoked            timestamptz,
    updated            timestamptz
);

create table ledger.exports (
    task_id           varchar not null,
    org_connection_id varchar not null,
    api_mode          varchar not null,
    state             varchar not null,     -- pending, no-link, linked, landed, imported, failed, expired
    status            varchar,              -- as Fasten Connect says it
    failure_reason    varchar,
    registered        timestamptz,
    finished          timestamptz,
    event_id          varchar,              -- that brought the links or the failure
    stats_total       bigint,               -- resources that the event announced: advisory
    stats_by_type     map(varchar, bigint),
    updated           timestamptz
);

create table ledger.export_files (
    task_id      varchar not null,
    file_id      varchar not null,
    state        varchar not null,          -- waiting, landed, imported, skipped, expired, pruned
    export_type  varchar,
    content_type varchar,
    bytes        bigint,                    -- as sent
    sha256       varchar,                   -- of those bytes
    landed       timestamptz,
    imported     timestamptz,
    name         varchar,                   -- the name in ledger.files
    file         integer                    -- the _file of its resources, the key of ledger.files
);

create table ledger.events (
    id                varchar not null,
    type              varchar not null,
    api_mode          varchar not null,
    date              timestamptz,
    received          timestamptz not null,
    signed            boolean not null,     -- false: handed over without a signature
    state             varchar not null,     -- pending, done, ignored, refused, undecodable
    reason            varchar,
    org_connection_id varchar,
    task_id           varchar
);

create table ledger.landing (
    copied timestamptz not null,            -- when the four tables were written last
    hash   varchar not null                 -- of what was copied: nothing is written while it is the same
);
