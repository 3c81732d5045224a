select
    json ->> '$.subject.reference' as patient,
    max(json ->> '$.effectiveDateTime') as measured,
    arg_max(cast(json ->> '$.valueQuantity.value' as double), json ->> '$.effectiveDateTime') as hba1c
from raw
where (json ->> '$.resourceType') = 'Observation' and (json ->> '$.code.coding[0].code') = '4548-4'
group by patient
order by hba1c desc
