-- quantity_unit(quantity): the unit of a Quantity as a person reads it, else its code.
create or replace macro quantity_unit(quantity) as
    coalesce(nullif(quantity.unit, ''), nullif(quantity.code, ''));

comment on macro quantity_unit is 'Unit of a Quantity, else its code';
