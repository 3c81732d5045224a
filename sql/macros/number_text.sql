-- number_text(number): a DOUBLE as a person writes it: 5, 0.25, 0.00001.
create or replace macro number_text(number) as
    case
        when number = trunc(number) and abs(number) < 1e18 then try_cast(number as bigint)::varchar
        when abs(number) < 1e-3 and abs(number) > 1e-15 then rtrim(printf('%.17f', number), '0')
        else number::varchar
    end;

comment on macro number_text is 'A DOUBLE as a person writes it';
