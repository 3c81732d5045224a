-- urn_tail(text): x of urn:uuid:x and urn:oid:x, else NULL.
create or replace macro urn_tail(text) as
    regexp_extract_all(text, '^urn:(?:uuid|oid):((?s:.+))$', 1)[1];

comment on macro urn_tail is 'The part of urn:uuid:x or urn:oid:x behind the prefix, else NULL';
