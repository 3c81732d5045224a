-- extension(list, url): the first Extension of a list with that URL, as a STRUCT:
-- extension(p.extension, 'http://...').valueCode. NULL if there is none.
create or replace macro extension(list, url) as
    list_filter(list, lambda the_extension: the_extension.url = url)[1];

comment on macro extension is 'First Extension of a list with that URL: extension(list, url).valueCode';
