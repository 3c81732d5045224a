-- Which code systems does the data use, and where?
select system_name, count(*) as codings, count(distinct code) as codes, list(distinct resource_type order by resource_type) as types
from codings
where system_name in ('LOINC', 'RxNorm', 'ICD-10-CM', 'CVX', 'CPT')
group by system_name
order by codings desc
