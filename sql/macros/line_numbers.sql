-- line_numbers(items): the number of each line of a claim: its sequence, else its
-- position. Where that would give two lines one number, all have their positions.
create or replace macro line_numbers(items) as
    list_transform(
        [list_transform(items, lambda the_item, the_position: coalesce(the_item.sequence, the_position))],
        lambda the_numbers: case
            when len(list_distinct(the_numbers)) = len(the_numbers) then the_numbers
            else range(1, len(the_numbers) + 1)
        end
    )[1];

comment on macro line_numbers is 'Number of each line of a claim';
