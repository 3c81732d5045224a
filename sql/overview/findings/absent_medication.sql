-- Medication records that refer to a Medication which is not here: their name is what the
-- reference says, if anything. Written for MedicationRequest; the program puts in the names
-- of the other tables.
select r._source as source, r.id, r.medicationReference.reference as reference, r.medicationReference.display as display
from base.MedicationRequest as r
anti join base.Medication as m on m._source = r._source and m.id = reference_id(r.medicationReference)
where reference_type(r.medicationReference) = 'Medication'
    and r.status is distinct from 'entered-in-error'
