select
    json ->> '$.code.text' as display,
    json ->> '$.code.coding[0].system' as code_system,
    json ->> '$.code.coding[0].code' as code,
    json ->> '$.onsetDateTime' as onset
from raw
where (json ->> '$.resourceType') = 'Condition' and (json ->> '$.clinicalStatus.coding[0].code') = 'active'
order by onset desc, display
