-- coding_choice(codings, systems): 100000 * rank + position of the Coding that
-- pick_coding takes from a list. Ranks below 1000 are positions in systems.
create or replace macro coding_choice(codings, systems) as
    list_min(
        list_transform(
            codings,
            lambda the_coding, the_position: the_position + 100000 * coalesce(
                case
                    when the_coding.code <> ''
                        then list_position(systems, code_system_name(the_coding.system))
                end,
                usual_rank(the_coding)
            )
        )
    );

comment on macro coding_choice is 'Rank and position of the Coding that pick_coding takes';
