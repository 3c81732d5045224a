-- base64_length(data): how many bytes a base64 text stands for.
create or replace macro base64_length(data) as
    list_transform(
        [length(regexp_replace(data, '[^A-Za-z0-9+/]', '', 'g'))],
        lambda the_length: the_length * 3 // 4
    )[1]::bigint;

comment on macro base64_length is 'How many bytes a base64 text stands for';
