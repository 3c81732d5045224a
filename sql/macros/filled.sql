-- filled(texts): the texts of a list that are there and not empty, in their order;
-- NULL if none is.
create or replace macro filled(texts) as
    list_filter(
        [list_filter(texts, lambda the_text: the_text <> '')],
        lambda the_texts: len(the_texts) > 0
    )[1];

comment on macro filled is 'Texts of a list that are there and not empty; NULL if none is';
