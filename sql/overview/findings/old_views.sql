-- The views and macros of the warehouse, with the hash of the SQL that made them.
select name, hash
from ledger.views
order by name
