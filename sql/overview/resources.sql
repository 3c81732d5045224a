-- The resources of one type. The program joins those of all types with UNION ALL.
-- Grain: (resource_type, source); extra counts those with values that no column fits.
select $type as resource_type, _source as source, count(*) as n, count(_extra) as extra
from query_table($type)
group by _source
