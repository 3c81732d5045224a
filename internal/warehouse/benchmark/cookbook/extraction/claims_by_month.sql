select left(json ->> '$.billablePeriod.start', 7) as month, count(*) as claims
from raw
where (json ->> '$.resourceType') = 'ExplanationOfBenefit'
group by month
order by month
