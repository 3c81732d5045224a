-- allergies: allergies and intolerances, one row each.
-- Grain: (source, allergy_id).
-- Source: FHIR R4 AllergyIntolerance (https://hl7.org/fhir/R4/allergyintolerance.html).
create or replace view allergies as
select
    t._source                                               as source,
    t.id                                                    as allergy_id,
    ref_id(t.patient.reference, 'Patient', p.resource_type, p.id) as patient_id,
    ref_id(t.encounter.reference, 'Encounter', e.resource_type, e.id) as encounter_id,
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
            *,
            coalesce(plain_concept(code), plain_concept(list_filter(reaction, lambda x: x.substance is not null)[1].substance)) as substance,
            list_transform(reaction, lambda x: x.severity)  as severities,
            coalesce(nullif(onsetDateTime, ''), nullif(onsetPeriod."start", '')) as onset
        from AllergyIntolerance
    )
) as t
left join ledger.urns as p on p.source = t._source and p.urn = t.patient.reference
left join ledger.urns as e on e.source = t._source and e.urn = t.encounter.reference
where not coalesce(has_code(t.verificationStatus, 'entered-in-error'), false);
