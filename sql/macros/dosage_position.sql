-- dosage_position(dosages): position in a list of Dosages of the one that comes first in
-- order of sequence; NULL of an empty list.
create or replace macro dosage_position(dosages) as
    list_min(
        list_transform(
            dosages,
            lambda the_dosage, the_position: the_position + 100000 * coalesce(the_dosage.sequence, 2147483647)::bigint
        )
    ) % 100000;

comment on macro dosage_position is 'Position of the first Dosage in order of sequence';
