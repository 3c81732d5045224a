-- What resources that are to be erased refer to, where it is nothing without them.
create or replace temp table erase_targets as
select distinct n.type, n.id
from erase_refs as r
join erase_rows as e using (tbl, rid)
join erase_named as n using (ref)
where n.id is not null
    and (n.type is null or n.type in (select type from erase_tables where dependent))
    and not exists (from erase_ids as i where i.id = n.id and (n.type is null or i.type = n.type));

create or replace temp table erase_candidates (tbl integer not null, rid bigint not null, type varchar not null, id varchar not null);
