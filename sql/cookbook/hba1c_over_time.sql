-- How did HbA1c develop, year by year?
select
    year(effective_date) as year,
    count(*) as measured,
    round(avg(value_number), 1) as mean,
    min(value_number) as lowest,
    max(value_number) as highest
from observations
where code_system = 'LOINC' and code = '4548-4' and value_number is not null
group by year
order by year
