-- code_of(codings, system): the first code of a list of Codings that is of the system
-- with that short name.
create or replace macro code_of(codings, system) as
    list_filter(
        codings,
        lambda the_coding: the_coding.code <> '' and code_system_name(the_coding.system) = system
    )[1].code;

comment on macro code_of is 'First code of a code system in a list of Codings';
