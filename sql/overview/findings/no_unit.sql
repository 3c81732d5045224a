-- Amounts without a unit.
select source, observation_id, component, patient_id, display, value_text
from observations
where value_type = 'quantity' and value_number is not null and unit is null and unit_code is null
