-- filled_text(text): the text, NULL if it is empty. It is nullif(text, '') for a text
-- that is no column: DuckDB's nullif computes its argument twice.
create or replace macro filled_text(text) as
    list_filter([text], lambda the_text: the_text <> '')[1];

comment on macro filled_text is 'The text, NULL if it is empty';
