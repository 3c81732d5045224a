-- All there is of a person in one view. Written for conditions; the program puts in the names
-- of other views.
select *
from conditions
where source = $source and patient_id = $patient_id
