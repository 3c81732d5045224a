-- Lines that were no FHIR resources.
select f.source, f.name, r.line, r.reason, r.detail
from ledger.rejects as r
join ledger.files as f using (file)
