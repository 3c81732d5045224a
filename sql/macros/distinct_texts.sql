-- distinct_texts(texts): the texts of a list that are there and not empty, each once, in
-- the order of their first; NULL if there is none.
create or replace macro distinct_texts(texts) as
    list_transform(
        [filled(texts)],
        lambda the_texts: list_filter(
            the_texts,
            lambda the_text, the_position: list_position(the_texts, the_text) = the_position
        )
    )[1];

comment on macro distinct_texts is 'Texts of a list, each once; NULL if there is none';
