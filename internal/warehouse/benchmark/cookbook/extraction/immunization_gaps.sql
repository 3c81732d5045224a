with patients as (
    select json ->> '$.id' as id, json ->> '$.name[0].family' as family from raw where (json ->> '$.resourceType') = 'Patient'
),

given as (
    select
        json ->> '$.patient.reference' as patient,
        json ->> '$.vaccineCode.coding[0].code' as cvx,
        try_cast(left(json ->> '$.occurrenceDateTime', 10) as date) as day
    from raw
    where (json ->> '$.resourceType') = 'Immunization' and (json ->> '$.status') = 'completed'
)

select family, max(day) as last_given
from patients
left join given
    on
        patient = 'Patient/' || id
        and cvx in ('88', '135', '140', '141', '150', '155', '158', '161', '166', '168', '171', '185', '186', '197', '205')
group by id, family
having last_given is null or last_given < date '2024-07-01'
order by family
