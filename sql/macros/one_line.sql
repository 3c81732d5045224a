-- one_line(text): a text as one line of at most 200 characters; NULL if nothing is left.
create or replace macro one_line(text) as
    filled_text(left(trim(regexp_replace(text, '\s+', ' ', 'g')), 200));

comment on macro one_line is 'A text as one line of at most 200 characters';
