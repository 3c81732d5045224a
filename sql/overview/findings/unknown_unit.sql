-- Amounts in units that the program does not know; it puts their list in.
select source, observation_id, component, patient_id, display, value_number, unit
from observations
where value_type = 'quantity' and value_number is not null and list_contains($units, coalesce(unit_code, unit))
