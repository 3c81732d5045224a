-- ref_name(reference, contained, name): what people call what a Reference leads to: its
-- display, else the name of the contained or the referred resource, else the
-- identifier's value. name is what ledger.names has at name_key(reference).
create or replace macro ref_name(reference, contained, name) as
    coalesce(
        nullif(reference.display, ''),
        name,
        case
            when starts_with(reference.reference, '#')
                then list_transform(
                    [contained_resource(contained, reference.reference)],
                    lambda the_found: json_name(the_found)
                )[1]
        end,
        nullif(reference.identifier.value, '')
    );

comment on macro ref_name is 'What people call what a Reference leads to';
