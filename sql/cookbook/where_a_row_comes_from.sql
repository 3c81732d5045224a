-- Which file and line brought a row?
-- Every typed table has _file and _line; ledger.files and ledger.imports say the rest.
select o.id, f.source, parse_filename(f.name) as file, o._line as line, i.version is not null as known_version
from "Observation" o
join ledger.files f on f.file = o._file
join ledger.imports i using (import)
where o.code.text = 'TSH'
