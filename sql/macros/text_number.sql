-- text_number(text, part): of a text that is nothing but a decimal number, or a
-- comparator and one, the comparator (part 1) or the number (part 2); empty if it is
-- not. Spaces around them are allowed; +1, .5, 1e3 and 1,000 are no numbers.
create or replace macro text_number(text, part) as
    regexp_extract(text, '^\s*(<=|>=|<|>)?\s*(-?[0-9]+(?:\.[0-9]+)?)\s*$', part);

comment on macro text_number is 'Comparator (1) or number (2) of a text that is nothing else';
