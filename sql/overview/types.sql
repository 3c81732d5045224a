-- The resource types that have rows.
-- Grain: resource_type.
select table_name as resource_type
from duckdb_tables()
where database_name = current_database()
    and schema_name = 'main'
    and estimated_size > 0
    and contains(sql, '_hash')
order by lower(table_name)
