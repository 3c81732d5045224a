-- name_text(name): a HumanName as one text: its text, else prefix, given names,
-- family name and suffix. NULL if there is none of these.
create or replace macro name_text(name) as
    coalesce(
        nullif(name.text, ''),
        joined(list_concat(name.prefix, name.given, [name.family], name.suffix), ' ')
    );

comment on macro name_text is 'A HumanName as one text';
