-- usual_rank(coding): the rank of a Coding where no code system is preferred: 1000 with
-- userSelected, 1001 with a system, 1002 without.
create or replace macro usual_rank(coding) as
    case
        when coding.userSelected then 1000
        when coding.system <> '' then 1001
        when coding is not null then 1002
        else 1003
    end;

comment on macro usual_rank is 'Rank of a Coding where no code system is preferred';
