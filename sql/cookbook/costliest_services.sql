-- Which services cost most?
select service_system as system, service_code as code, any_value(service) as service, count(*) as lines, sum(billed) as billed
from claim_lines
where kind = 'eob'
group by all
order by billed desc nulls last, code
limit 5
