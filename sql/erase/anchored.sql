-- What names no patient belongs to one if all that it hangs on does.
insert into erase_rows
select r.tbl, r.rid
from erase_refs as r
join erase_named as n using (ref)
where r.anchor
    and not exists (from erase_rows as e where e.tbl = r.tbl and e.rid = r.rid)
    and not exists (
        from erase_naming as m
        where m.tbl = r.tbl and m.rid = r.rid and (m.has_role or m.self or m.other)
    )
group by r.tbl, r.rid
having bool_and(exists (from erase_ids as i where i.id = n.id and (n.type is null or i.type = n.type)));
