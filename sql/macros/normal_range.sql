-- normal_range(ranges): position in a list of Observation.referenceRange of the one of
-- type normal, else 1.
create or replace macro normal_range(ranges) as
    case
        when len(ranges) > 1
            then coalesce(
                list_position(
                    list_transform(
                        ranges,
                        lambda the_range: list_contains(
                            list_transform(the_range.type.coding, lambda the_coding: the_coding.code),
                            'normal'
                        )
                    ),
                    true
                ),
                1
            )
        else 1
    end;

comment on macro normal_range is 'Position of the reference range of type normal, else 1';
