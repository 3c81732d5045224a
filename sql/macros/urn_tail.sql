-- urn_tail(text): x of urn:uuid:x and urn:oid:x, else NULL.
create or replace macro urn_tail(text) as
    case
        when starts_with(text, 'urn:uuid:') then nullif(text[10:], '')
        when starts_with(text, 'urn:oid:') then nullif(text[9:], '')
    end;

comment on macro urn_tail is 'The part of urn:uuid:x or urn:oid:x behind the prefix, else NULL';
