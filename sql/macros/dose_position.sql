-- dose_position(doses): position in a list of Dosage.doseAndRate of the one of type
-- ordered, else 1.
create or replace macro dose_position(doses) as
    case
        when len(doses) > 1
            then coalesce(
                list_position(
                    list_transform(
                        doses,
                        lambda the_dose: list_contains(
                            list_transform(the_dose.type.coding, lambda the_coding: the_coding.code),
                            'ordered'
                        )
                    ),
                    true
                ),
                1
            )
        else 1
    end;

comment on macro dose_position is 'Position of the dose of type ordered, else 1';
