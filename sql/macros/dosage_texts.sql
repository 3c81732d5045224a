-- dosage_texts(dosages): the texts of a list of Dosages in order of sequence, joined
-- by semicolons; NULL if there is none.
create or replace macro dosage_texts(dosages) as
    joined(
        list_transform(
            list_sort(
                list_transform(
                    dosages,
                    lambda the_dosage, the_position: {
                        'sequence': coalesce(the_dosage.sequence, 2147483647),
                        'position': the_position,
                        'text': the_dosage.text
                    }
                )
            ),
            lambda the_dosage: the_dosage.text
        ),
        '; '
    );

comment on macro dosage_texts is 'Texts of a list of Dosages, joined';
