-- quantity_text(quantity): what a person reads: comparator, value and unit, such as
-- < 0.5 mg/dL. The unit is the readable one, else its code. NULL without a value.
create or replace macro quantity_text(quantity) as
    case
        when quantity.value is not null
            then concat_ws(
                ' ',
                nullif(quantity.comparator, ''),
                number_text(quantity.value),
                quantity_unit(quantity)
            )
    end;

comment on macro quantity_text is 'What a person reads of a Quantity, such as < 0.5 mg/dL';
