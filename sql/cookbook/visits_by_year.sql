-- Visits by year and kind
select year(start_date) as year, count(*) as visits, count(*) filter (class = 'EMER') as emergency, count(*) filter (class = 'VR') as virtual
from encounters
where start_date is not null
group by year
order by year
