-- Who has had no influenza vaccine since July 2024?
-- CVX codes of seasonal influenza vaccines; what was not done does not count.
select
    p.full_name,
    max(i.given_date) as last_given
from patients p
left join immunizations i
    on
        i.source = p.source
        and i.patient_id = p.patient_id
        and i.status = 'completed'
        and i.cvx_code in ('88', '135', '140', '141', '150', '155', '158', '161', '166', '168', '171', '185', '186', '197', '205')
group by p.source, p.patient_id, p.full_name
having last_given is null or last_given < date '2024-07-01'
order by p.full_name, last_given
