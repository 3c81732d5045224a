-- Contents that another one of the same identity took the place of.
select v.source, v.resource_type, v.id, v.last_updated, f.name, v.line
from ledger.variants as v
join ledger.files as f using (file)
