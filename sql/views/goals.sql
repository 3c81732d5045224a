-- goals: what is aimed at for a person, one row each, with the first target.
-- Grain: (source, goal_id).
-- Source: FHIR R4 Goal (https://hl7.org/fhir/R4/goal.html).
create or replace view goals as
select
    t._source                                               as source,
    t.id                                                    as goal_id,
    ref_id(t.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
    nullif(t.lifecycleStatus, '')                           as lifecycle_status,
    concept_code(t.achievementStatus)                       as achievement_status,
    concept_text(t.description)                             as description,
    code_system_name(t.coding.system)                       as target_measure_system,
    nullif(t.coding.code, '')                               as target_measure_code,
    coalesce(nullif(t.first_target.measure.text, ''), coding_text(t.first_target.measure.coding, t.coding)) as target_measure,
    coalesce(t.first_target.detailQuantity.value, number_sent(t._extra, '/target/0/detailQuantity/value')) as target_number,
    quantity_unit(t.first_target.detailQuantity)            as target_unit,
    fhir_date(t.startDate)                                  as start_date,
    fhir_date(t.first_target.dueDate)                       as due_date
from (
    select
        *,
        target[1]                                           as first_target,
        pick_coding(target[1].measure, ['SNOMED CT', 'LOINC']) as coding
    from Goal
) as t
left join ledger.urns as p on p.source = t._source and p.urn = t.subject.reference
where t.lifecycleStatus is distinct from 'entered-in-error';
