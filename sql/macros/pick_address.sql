-- pick_address(addresses, today): of a list of Addresses the first at home that was
-- in use at the day today, else the first in use, else
-- the first.
create or replace macro pick_address(addresses, today) as
    case
        when len(addresses) > 1
            then addresses[list_min(
                list_transform(
                    addresses,
                    lambda the_address, the_position: the_position + 100000 * case
                        when the_address is null then 3
                        when the_address.use = 'old' or is_over(the_address.period, today) then 2
                        when the_address.use = 'home' then 0
                        else 1
                    end
                )
            ) % 100000]
        else addresses[1]
    end;

comment on macro pick_address is 'Of Addresses the one to show on a day';
