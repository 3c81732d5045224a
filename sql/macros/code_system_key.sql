-- code_system_key(uri): the URI of a code system without what its spellings differ
-- in: https, www., the end's slash, |version; urn:oid:1.2.3 and 1.2.3 are one.
-- Most have nothing to take away, and a look is five times faster than replacing nothing.
create or replace macro code_system_key(uri) as
    case
        when regexp_full_match(uri, 'http://[^:|]*[^:|/]') and not starts_with(uri, 'http://www.')
            then uri
        else replace(
            replace(
                replace(rtrim(string_split(uri, '|')[1], '/'), 'https://', 'http://'),
                'http://www.',
                'http://'
            ),
            'urn:oid:',
            ''
        )
    end;

comment on macro code_system_key is 'URI of a code system without what its spellings differ in';
