-- conditions: problems, diagnoses and health concerns, one row each.
-- Grain: (source, condition_id).
-- Source: FHIR R4 Condition (https://hl7.org/fhir/R4/condition.html).
create or replace view conditions as
select
    c._source                                               as source,
    c.id                                                    as condition_id,
    c.patient_id,
    c.encounter_id,
    concept_code(c.clinicalStatus)                          as clinical_status,
    concept_code(c.verificationStatus)                      as verification_status,
    concept_code(c.the_category)                            as category,
    code_system_name(c.coding.system)                       as code_system,
    nullif(c.coding.code, '')                               as code,
    coalesce(nullif(c.code.text, ''), coding_text(c.code.coding, c.coding)) as display,
    coalesce(code_of(c.code.coding, 'ICD-10-CM'), code_of(c.code.coding, 'ICD-10')) as icd10_code,
    code_of(c.code.coding, 'SNOMED CT')                     as snomed_code,
    concept_text(c.severity)                                as severity,
    concept_text(c.bodySite[1])                             as body_site,
    fhir_date(c.onset)                                      as onset_date,
    fhir_timestamp(c.onset)                                 as onset_at,
    fhir_precision(c.onset)                                 as onset_precision,
    coalesce(quantity_text(c.onsetAge), range_text(c.onsetRange), nullif(c.onsetString, '')) as onset_text,
    fhir_date(c.abatement)                                  as abatement_date,
    fhir_timestamp(c.abatement)                             as abatement_at,
    coalesce(quantity_text(c.abatementAge), range_text(c.abatementRange), nullif(c.abatementString, '')) as abatement_text,
    fhir_date(c.recordedDate)                               as recorded_date,
    ref_name(c.recorder, c.contained, n.name)               as recorder,
    joined(list_transform(c.note, lambda x: x.text), chr(10)) as note
from (
    select
        b.*,
        ref_id(b.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
        ref_id(b.encounter.reference, 'Encounter', e.resource_type, e.id) as encounter_id,
        pick_coding(b.code, ['ICD-10-CM', 'ICD-10', 'SNOMED CT', 'ICD-9-CM'])          as coding,
        pick_concept(b.category, ['ICD-10-CM', 'ICD-10', 'SNOMED CT', 'ICD-9-CM'])     as the_category,
        coalesce(nullif(b.onsetDateTime, ''), nullif(b.onsetPeriod."start", ''))         as onset,
        coalesce(nullif(b.abatementDateTime, ''), nullif(b.abatementPeriod."start", '')) as abatement
    from base.Condition as b
    left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
    left join ledger.urns as e on e.source = b._source and e.urn = b.encounter.reference
) as c
left join ledger.names as n on n.source = c._source and n.reference = name_key(c.recorder)
where not coalesce(has_code(c.verificationStatus, 'entered-in-error'), false);

comment on view conditions is 'Problems, diagnoses and health concerns, one row each (FHIR Condition)';
comment on column conditions.source is 'Where the row comes from: the label of the import';
comment on column conditions.condition_id is 'Id of the Condition, unique within source';
comment on column conditions.patient_id is 'Id of the Patient it is about';
comment on column conditions.encounter_id is 'Id of the Encounter it belongs to';
comment on column conditions.clinical_status is 'Clinical status code: active, recurrence, relapse, inactive, remission, resolved';
comment on column conditions.verification_status is 'Verification status code: confirmed, provisional, refuted, ...; rows entered in error are left out';
comment on column conditions.category is 'Category code: problem-list-item, encounter-diagnosis, ...';
comment on column conditions.code_system is 'Code system of code';
comment on column conditions.code is 'The condition, as a code; ICD-10-CM preferred, then ICD-10, SNOMED CT, ICD-9-CM';
comment on column conditions.display is 'The condition, as text';
comment on column conditions.icd10_code is 'First ICD-10-CM code, else ICD-10';
comment on column conditions.snomed_code is 'First SNOMED CT code';
comment on column conditions.severity is 'Severity as text';
comment on column conditions.body_site is 'Where on the body, as text';
comment on column conditions.onset_date is 'Day when it began as written';
comment on column conditions.onset_at is 'Instant when it began; NULL without time and zone';
comment on column conditions.onset_precision is 'How much of the begin was given: year, month, day, minute or second';
comment on column conditions.onset_text is 'Begin as an age, a range of ages or text';
comment on column conditions.abatement_date is 'Day when it ended as written';
comment on column conditions.abatement_at is 'Instant when it ended; NULL without time and zone';
comment on column conditions.abatement_text is 'End as an age, a range of ages or text';
comment on column conditions.recorded_date is 'Day when it was recorded';
comment on column conditions.recorder is 'Name of who recorded it';
comment on column conditions.note is 'Notes, one a line';
