-- What do claims cost by month of service?
-- eob: what the insurer answered; a claim that was also answered would count twice.
select
    strftime(service_start_date, '%Y-%m') as month,
    count(*) as claims,
    sum(billed) as billed,
    sum(paid_by_insurer) as insurer,
    sum(paid_by_patient) as patient
from claims
where kind = 'eob'
group by month
order by month
