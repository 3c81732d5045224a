-- allergies: allergies and intolerances, one row each.
-- Grain: (source, allergy_id).
-- Source: FHIR R4 AllergyIntolerance (https://hl7.org/fhir/R4/allergyintolerance.html).
create or replace view allergies as
select
    t._source                                               as source,
    t.id                                                    as allergy_id,
    t.patient_id,
    t.encounter_id,
    concept_code(t.clinicalStatus)                          as clinical_status,
    concept_code(t.verificationStatus)                      as verification_status,
    nullif(t.type, '')                                      as type,
    filled(t.category)                                      as categories,
    nullif(t.criticality, '')                               as criticality,
    code_system_name(t.coding.system)                       as substance_system,
    nullif(t.coding.code, '')                               as substance_code,
    coalesce(nullif(t.substance.text, ''), coding_text(t.substance.coding, t.coding)) as substance,
    filled(
        flatten(
            list_transform(
                t.reaction,
                lambda x: list_transform(x.manifestation, lambda y: concept_text(y))
            )
        )
    )                                                       as reactions,
    case
        when list_contains(t.severities, 'severe') then 'severe'
        when list_contains(t.severities, 'moderate') then 'moderate'
        when list_contains(t.severities, 'mild') then 'mild'
    end                                                     as worst_severity,
    fhir_date(t.onset)                                      as onset_date,
    fhir_timestamp(t.onset)                                 as onset_at,
    fhir_date(t.recordedDate)                               as recorded_date,
    fhir_date(t.lastOccurrence)                             as last_occurrence_date,
    fhir_timestamp(t.lastOccurrence)                        as last_occurrence_at
from (
    select *, pick_coding(substance, ['RxNorm', 'SNOMED CT']) as coding
    from (
        select
            b.*,
            ref_id(b.patient.reference, 'Patient', p.resource_type, p.id) as patient_id,
            ref_id(b.encounter.reference, 'Encounter', e.resource_type, e.id) as encounter_id,
            coalesce(plain_concept(b.code), plain_concept(list_filter(b.reaction, lambda x: x.substance is not null)[1].substance)) as substance,
            list_transform(b.reaction, lambda x: x.severity) as severities,
            coalesce(nullif(b.onsetDateTime, ''), nullif(b.onsetPeriod."start", '')) as onset
        from base.AllergyIntolerance as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.patient.reference
        left join ledger.urns as e on e.source = b._source and e.urn = b.encounter.reference
    )
) as t
where not coalesce(has_code(t.verificationStatus, 'entered-in-error'), false);

comment on view allergies is 'Allergies and intolerances, one row each (FHIR AllergyIntolerance)';
comment on column allergies.source is 'Where the row comes from: the label of the import';
comment on column allergies.allergy_id is 'Id of the AllergyIntolerance, unique within source';
comment on column allergies.patient_id is 'Id of the Patient it is about';
comment on column allergies.encounter_id is 'Id of the Encounter it belongs to';
comment on column allergies.clinical_status is 'Clinical status code: active, inactive, resolved';
comment on column allergies.verification_status is 'Verification status code: confirmed, unconfirmed, refuted, ...; rows entered in error are left out';
comment on column allergies.type is 'allergy or intolerance';
comment on column allergies.categories is 'food, medication, environment, biologic';
comment on column allergies.criticality is 'low, high or unable-to-assess';
comment on column allergies.substance_system is 'Code system of substance_code';
comment on column allergies.substance_code is 'The substance, as a code; RxNorm preferred, then SNOMED CT';
comment on column allergies.substance is 'The substance, as text';
comment on column allergies.reactions is 'Manifestations as text';
comment on column allergies.worst_severity is 'Worst severity of a reaction: mild, moderate or severe';
comment on column allergies.onset_date is 'Day when it began as written';
comment on column allergies.onset_at is 'Instant when it began; NULL without time and zone';
comment on column allergies.recorded_date is 'Day when it was recorded';
comment on column allergies.last_occurrence_date is 'Day of the last reaction as written';
comment on column allergies.last_occurrence_at is 'Instant of the last reaction; NULL without time and zone';
