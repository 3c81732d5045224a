-- Which results were ordered by a request that the export does not hold?
select count(*) as results, count(distinct reference_id(order_reference)) as orders
from (select _source, unnest(basedOn) as order_reference from "Observation") o
where
    reference_type(order_reference) = 'ServiceRequest'
    and not exists (from "ServiceRequest" s where s._source = o._source and s.id = reference_id(order_reference))
