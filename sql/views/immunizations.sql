-- immunizations: vaccines given, and those not given with the reason, one row each.
-- Grain: (source, immunization_id).
-- Source: FHIR R4 Immunization (https://hl7.org/fhir/R4/immunization.html).
create or replace view immunizations as
select
    t._source                                               as source,
    t.id                                                    as immunization_id,
    t.patient_id,
    t.encounter_id,
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
    select
        b.*,
        ref_id(b.patient.reference, 'Patient', p.resource_type, p.id) as patient_id,
        ref_id(b.encounter.reference, 'Encounter', e.resource_type, e.id) as encounter_id,
        pick_coding(b.vaccineCode, ['CVX', 'NDC'])          as coding
    from base.Immunization as b
    left join ledger.urns as p on p.source = b._source and p.urn = b.patient.reference
    left join ledger.urns as e on e.source = b._source and e.urn = b.encounter.reference
) as t
left join ledger.names as m on m.source = t._source and m.reference = name_key(t.manufacturer)
left join ledger.names as n on n.source = t._source and n.reference = name_key(t.performer[1].actor)
where t.status is distinct from 'entered-in-error';

comment on view immunizations is 'Vaccines given, and those not given with the reason, one row each (FHIR Immunization)';
comment on column immunizations.source is 'Where the row comes from: the label of the import';
comment on column immunizations.immunization_id is 'Id of the Immunization, unique within source';
comment on column immunizations.patient_id is 'Id of the Patient it is about';
comment on column immunizations.encounter_id is 'Id of the Encounter it belongs to';
comment on column immunizations.status is 'Status code: completed, not-done; rows entered in error are left out';
comment on column immunizations.vaccine_system is 'Code system of vaccine_code';
comment on column immunizations.vaccine_code is 'The vaccine, as a code; CVX preferred, then NDC';
comment on column immunizations.vaccine is 'The vaccine, as text';
comment on column immunizations.cvx_code is 'First CVX code';
comment on column immunizations.given_date is 'Day when it was given as written';
comment on column immunizations.given_at is 'Instant when it was given; NULL without time and zone';
comment on column immunizations.dose_number is 'Number of the dose in its series, as sent';
comment on column immunizations.dose_quantity is 'Amount given, in dose_unit';
comment on column immunizations.dose_unit is 'Unit of the amount as sent';
comment on column immunizations.site is 'Where on the body, as text';
comment on column immunizations.route is 'Way of giving it, as text';
comment on column immunizations.lot_number is 'Lot number';
comment on column immunizations.manufacturer is 'Name of the maker';
comment on column immunizations.expiration_date is 'Day when the vaccine expires';
comment on column immunizations.not_given_reason is 'Of one not done: why, as text';
comment on column immunizations.primary_source is 'Whether it was reported by who gave it; NULL if not sent';
comment on column immunizations.performer is 'Name of the first who gave it';
