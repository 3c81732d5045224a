-- reference_part(text, part): the type (1) or the id (2) in a reference of the form
-- [base/]Type/id[/_history/version]; empty if it is not of that form.
create or replace macro reference_part(text, part) as
    regexp_extract(text, '^(?:[^?#]*/)?([A-Z][A-Za-z]+)/([^/?#]+)(?:/_history/[^/?#]+)?$', part);

comment on macro reference_part is 'Type (1) or id (2) in the text of a reference';
