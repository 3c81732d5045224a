-- json_name(resource): what people call a resource that is there as JSON: the text or
-- the parts of its first HumanName, a name that is text, a device's name, or the
-- display of a role's practitioner or organisation.
create or replace macro json_name(resource) as
    coalesce(
        filled_text(resource ->> '$.name[0].text'),
        joined(
            list_concat(
                resource ->> '$.name[0].prefix[*]',
                resource ->> '$.name[0].given[*]',
                [resource ->> '$.name[0].family'],
                resource ->> '$.name[0].suffix[*]'
            ),
            ' '
        ),
        case when json_type(resource, '$.name') = 'VARCHAR' then filled_text(resource ->> '$.name') end,
        list_filter(
            resource ->> ['$.deviceName[0].name', '$.practitioner.display', '$.organization.display'],
            lambda the_name: the_name <> ''
        )[1]
    );

comment on macro json_name is 'What people call a resource that is there as JSON';
