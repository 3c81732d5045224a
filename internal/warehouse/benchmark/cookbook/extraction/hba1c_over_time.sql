-- By JSON extraction: codes by their position, since a search in lists would be slower still.
select
    year(try_cast(left(json ->> '$.effectiveDateTime', 10) as date)) as year,
    count(*) as measured,
    round(avg(cast(json ->> '$.valueQuantity.value' as double)), 1) as mean,
    min(cast(json ->> '$.valueQuantity.value' as double)) as lowest,
    max(cast(json ->> '$.valueQuantity.value' as double)) as highest
from raw
where (json ->> '$.resourceType') = 'Observation' and (json ->> '$.code.coding[0].code') = '4548-4'
group by year
order by year
