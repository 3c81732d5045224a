-- contained_resource(contained, reference): the contained resource that the text #x of
-- a reference leads to, as JSON. NULL of any other reference.
create or replace macro contained_resource(contained, reference) as
    case
        when starts_with(reference, '#')
            then list_filter(contained, lambda the_resource: '#' || (the_resource ->> '$.id') = reference)[1]
    end;

comment on macro contained_resource is 'Contained resource that a reference #x leads to';
