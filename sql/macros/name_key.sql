-- name_key(reference): the reference of ledger.names where a Reference's name is to
-- be found, NULL where it has a display or leads to no resource of its own.
create or replace macro name_key(reference) as
    case
        when reference.display <> '' or starts_with(reference.reference, '#') then null
        when starts_with(reference.reference, 'urn:') then reference.reference
        else regexp_extract_all(
            reference.reference,
            '^(?:[^?#]*/)?([A-Z][A-Za-z]+/[^/?#]+)(?:/_history/[^/?#]+)?$',
            1
        )[1]
    end;

comment on macro name_key is 'Where ledger.names has the name of a Reference without display';
