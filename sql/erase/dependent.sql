-- Of these, those that name no patient and that nothing which stays refers to.
insert into erase_rows
select c.tbl, c.rid
from erase_candidates as c
where not exists (from erase_rows as e where e.tbl = c.tbl and e.rid = c.rid)
    and not exists (
        from erase_naming as m
        where m.tbl = c.tbl and m.rid = c.rid and (m.has_role or m.self or m.other)
    )
    and not exists (
        from erase_refs as r
        join erase_named as n using (ref)
        where n.id = c.id
            and (n.type is null or n.type = c.type)
            and not r.anchor -- what hangs on it does not keep it
            and not (r.tbl = c.tbl and r.rid = c.rid)
            and not exists (from erase_rows as e where e.tbl = r.tbl and e.rid = r.rid)
    );
