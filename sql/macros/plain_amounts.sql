-- plain_amounts(amounts, _extra, pointer): a list of totals or adjudications of a claim,
-- each with the codes of its category, value and currency. pointer is where the list is
-- in the resource: a value sent as a string is in _extra.
create or replace macro plain_amounts(amounts, extra, pointer) as
    list_transform(
        amounts,
        lambda the_amount, the_position: {
            'codes': list_transform(the_amount.category.coding, lambda the_coding: the_coding.code),
            'value': coalesce(
                the_amount.amount.value,
                number_sent(extra, pointer || '/' || (the_position - 1) || '/amount/value')
            ),
            'currency': the_amount.amount.currency
        }
    );

comment on macro plain_amounts is 'Totals or adjudications of a claim: codes of the category, value and currency';
