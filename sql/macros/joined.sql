-- joined(texts, separator): the texts of a list that are there and not empty as one
-- text; NULL if none is.
create or replace macro joined(texts, separator) as
    list_aggregate(list_filter(texts, lambda the_text: the_text <> ''), 'string_agg', separator);

comment on macro joined is 'Texts of a list as one text; NULL if there is none';
