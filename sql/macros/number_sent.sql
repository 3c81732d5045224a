-- number_sent(_extra, pointer): the number that a JSON string or an odd literal in a
-- number's place means, as a DOUBLE: 50 of "value": "50". NULL when it is none.
create or replace macro number_sent(extra, pointer) as
    case
        when extra is not null
            then list_transform(
                [as_sent(extra, pointer)],
                lambda the_text: case
                    when regexp_full_match(the_text, '-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?')
                        and isfinite(try_cast(the_text as double))
                        then try_cast(the_text as double)
                end
            )[1]
    end;

comment on macro number_sent is 'Number that a JSON string in a number''s place means, from _extra';
