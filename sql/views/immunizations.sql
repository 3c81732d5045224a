-- immunizations: vaccines given, and those not given with the reason, one row each.
-- Grain: (source, immunization_id).
-- Source: FHIR R4 Immunization (https://hl7.org/fhir/R4/immunization.html).
create or replace view immunizations as
select
    t._source                                               as source,
    t.id                                                    as immunization_id,
    ref_id(t.patient.reference, 'Patient', p.resource_type, p.id) as patient_id,
    ref_id(t.encounter.reference, 'Encounter', e.resource_type, e.id) as encounter_id,
    nullif(t.status, '')                                    as status,
    code_system_name(t.coding.system)                       as vaccine_system,
    nullif(t.coding.code, '')                               as vaccine_code,
    coalesce(nullif(t.vaccineCode.text, ''), coding_text(t.vaccineCode.coding, t.coding)) as vaccine,
    code_of(t.vaccineCode.coding, 'CVX')                    as cvx_code,
    fhir_date(t.occurrenceDateTime)                         as given_date,
    fhir_timestamp(t.occurrenceDateTime)                    as given_at,
    coalesce(
        t.protocolApplied[1].doseNumberPositiveInt::varchar,
        nullif(t.protocolApplied[1].doseNumberString, ''),
        as_sent(t._extra, '/protocolApplied/0/doseNumberPositiveInt')
    )                                                       as dose_number,
    coalesce(t.doseQuantity.value, number_sent(t._extra, '/doseQuantity/value')) as dose_quantity,
    quantity_unit(t.doseQuantity)                           as dose_unit,
    concept_text(t.site)                                    as site,
    concept_text(t.route)                                   as route,
    nullif(t.lotNumber, '')                                 as lot_number,
    ref_name(t.manufacturer, t.contained, m.name)           as manufacturer,
    fhir_date(t.expirationDate)                             as expiration_date,
    case when t.status = 'not-done' then concept_text(t.statusReason) end as not_given_reason,
    t.primarySource                                         as primary_source,
    ref_name(t.performer[1].actor, t.contained, n.name)     as performer
from (
    select *, pick_coding(vaccineCode, ['CVX', 'NDC']) as coding
    from Immunization
) as t
left join ledger.urns as p on p.source = t._source and p.urn = t.patient.reference
left join ledger.urns as e on e.source = t._source and e.urn = t.encounter.reference
left join ledger.names as m on m.source = t._source and m.reference = name_key(t.manufacturer)
left join ledger.names as n on n.source = t._source and n.reference = name_key(t.performer[1].actor)
where t.status is distinct from 'entered-in-error';
