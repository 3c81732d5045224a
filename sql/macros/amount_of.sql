-- amount_of(amounts, codes): of what plain_amounts gives the first with a value of the
-- first of the codes that is there.
create or replace macro amount_of(amounts, codes) as
    list_filter(
        list_transform(
            codes,
            lambda the_code: list_filter(
                amounts,
                lambda the_amount: the_amount.value is not null and list_contains(the_amount.codes, the_code)
            )[1]
        ),
        lambda the_amount: the_amount is not null
    )[1];

comment on macro amount_of is 'Amount of the first category that is there';
