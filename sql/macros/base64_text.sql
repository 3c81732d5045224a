-- base64_text(data): the text in a base64 text; NULL if it is no base64 of UTF-8.
create or replace macro base64_text(data) as
    list_transform(
        [regexp_replace(data, '[\s=]+', '', 'g')],
        lambda the_data: try(decode(from_base64(rpad(the_data, ((length(the_data) + 3) // 4 * 4)::integer, '='))))
    )[1];

comment on macro base64_text is 'Text in a base64 text; NULL if it is no UTF-8';
