select
    year(try_cast(left(json ->> '$.period.start', 10) as date)) as year,
    count(*) as visits,
    count(*) filter ((json ->> '$.class.code') = 'EMER') as emergency,
    count(*) filter ((json ->> '$.class.code') = 'VR') as virtual
from raw
where (json ->> '$.resourceType') = 'Encounter'
group by year
order by year
