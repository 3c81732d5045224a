-- number_sent(_extra, pointer): the number that a JSON string or an odd literal in a
-- number's place means, as a DOUBLE: 50 of "value": "50". NULL when it is none.
create or replace macro number_sent(extra, pointer) as
    case
        when extra is not null and regexp_full_match(as_sent(extra, pointer), '-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?')
            then case
                when isfinite(try_cast(as_sent(extra, pointer) as double))
                    then try_cast(as_sent(extra, pointer) as double)
            end
    end;

comment on macro number_sent is 'Number that a JSON string in a number''s place means, from _extra';
