select
    json ->> '$.code.text' as display,
    json ->> '$.code.coding[0].system' as code_system,
    json ->> '$.code.coding[0].code' as code,
    count(*) as n,
    count(distinct json ->> '$.subject.reference') as patients,
    max(try_cast(left(json ->> '$.effectiveDateTime', 10) as date)) as last
from raw
where (json ->> '$.resourceType') = 'Observation'
group by all
order by n desc
limit 8
