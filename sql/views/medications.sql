-- medications: what was prescribed, dispensed, given and taken, one row each.
-- Grain: (source, kind, medication_record_id).
-- The medication is that of the record, else of the Medication in this source or in the
-- record that it refers to. Doses and quantities are in their units as sent.
-- Source: FHIR R4 MedicationRequest, MedicationDispense, MedicationAdministration,
-- MedicationStatement (https://hl7.org/fhir/R4/medications-module.html).
create or replace view medications as
with
recorded as (
    select
        _source,
        _extra,
        id,
        'request'                                           as kind,
        status,
        nullif(intent, '')                                  as intent,
        patient_id,
        encounter.reference                                 as encounter,
        plain_concept(medicationCodeableConcept)            as concept,
        medicationReference.reference                       as medication,
        nullif(medicationReference.display, '')             as medication_display,
        dosage_texts(dosageInstruction)                     as dose_text,
        dose.value                                          as dose_number,
        '/dosageInstruction/' || (position - 1) || '/doseAndRate/' || (dose_at - 1) || '/doseQuantity/value' as dose_pointer,
        quantity_unit(dose)                                 as dose_unit,
        plain_concept(dosage.route)                         as route,
        plain_timing(dosage.timing)                         as timing,
        coalesce(dosage.asNeededBoolean, case when dosage.asNeededCodeableConcept is not null then true end) as as_needed,
        dispenseRequest.quantity.value                      as quantity,
        '/dispenseRequest/quantity/value'                   as quantity_pointer,
        quantity_unit(dispenseRequest.quantity)             as quantity_unit,
        dispenseRequest.expectedSupplyDuration.value        as supply,
        '/dispenseRequest/expectedSupplyDuration/value'     as supply_pointer,
        coalesce(nullif(dispenseRequest.expectedSupplyDuration.code, ''), dispenseRequest.expectedSupplyDuration.unit) as supply_unit,
        dispenseRequest.numberOfRepeatsAllowed              as refills,
        case
            when dispenseRequest.validityPeriod."start" <> '' or dispenseRequest.validityPeriod."end" <> ''
                then dispenseRequest.validityPeriod."start"
            else dosage.timing.repeat.boundsPeriod."start"
        end                                                 as started,
        case
            when dispenseRequest.validityPeriod."start" <> '' or dispenseRequest.validityPeriod."end" <> ''
                then dispenseRequest.validityPeriod."end"
            else dosage.timing.repeat.boundsPeriod."end"
        end                                                 as ended,
        authoredOn                                          as authored,
        plain_concept(own_reason) as reason,
        reasonReference[1].reference                        as reason_reference,
        nullif(reasonReference[1].display, '')              as reason_display,
        nullif(requester.display, '')                       as prescriber_display,
        requester.reference                                 as prescriber_reference,
        nullif(requester.identifier.value, '')              as prescriber_identifier,
        null::varchar                                       as request,
        list_transform(note, lambda x: x.text)              as notes,
        contained
    from (
        select *, dosage.doseAndRate[dose_at].doseQuantity as dose
        from (
            select *, dose_position(dosage.doseAndRate) as dose_at
            from (
                select *, dosageInstruction[position] as dosage
                from (
                    select
                        b.*,
                        ref_id(b.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
                        dosage_position(b.dosageInstruction)                     as position,
                        pick_concept(b.reasonCode, ['RxNorm', 'NDC', 'SNOMED CT']) as own_reason
                    from base.MedicationRequest as b
                    left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
                )
            )
        )
    )

    union all

    select
        _source,
        _extra,
        id,
        'dispense',
        status,
        null,
        patient_id,
        context.reference,
        plain_concept(medicationCodeableConcept),
        medicationReference.reference,
        nullif(medicationReference.display, ''),
        dosage_texts(dosageInstruction),
        dose.value,
        '/dosageInstruction/' || (position - 1) || '/doseAndRate/' || (dose_at - 1) || '/doseQuantity/value',
        quantity_unit(dose),
        plain_concept(dosage.route),
        plain_timing(dosage.timing),
        coalesce(dosage.asNeededBoolean, case when dosage.asNeededCodeableConcept is not null then true end),
        quantity.value,
        '/quantity/value',
        quantity_unit(quantity),
        daysSupply.value,
        '/daysSupply/value',
        coalesce(nullif(daysSupply.code, ''), daysSupply.unit),
        null,
        coalesce(nullif(whenHandedOver, ''), whenPrepared),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        authorizingPrescription[1].reference,
        list_transform(note, lambda x: x.text),
        contained
    from (
        select *, dosage.doseAndRate[dose_at].doseQuantity as dose
        from (
            select *, dose_position(dosage.doseAndRate) as dose_at
            from (
                select *, dosageInstruction[position] as dosage
                from (
                    select
                        b.*,
                        ref_id(b.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
                        dosage_position(b.dosageInstruction)                     as position
                    from base.MedicationDispense as b
                    left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
                )
            )
        )
    )

    union all

    select
        _source,
        _extra,
        id,
        'administration',
        status,
        null,
        patient_id,
        context.reference,
        plain_concept(medicationCodeableConcept),
        medicationReference.reference,
        nullif(medicationReference.display, ''),
        nullif(dosage.text, ''),
        dosage.dose.value,
        '/dosage/dose/value',
        quantity_unit(dosage.dose),
        plain_concept(dosage.route),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        coalesce(nullif(effectiveDateTime, ''), effectivePeriod."start"),
        effectivePeriod."end",
        null,
        plain_concept(own_reason),
        reasonReference[1].reference,
        nullif(reasonReference[1].display, ''),
        null,
        null,
        null,
        request.reference,
        list_transform(note, lambda x: x.text),
        contained
    from (
        select
            b.*,
            ref_id(b.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
            pick_concept(b.reasonCode, ['RxNorm', 'NDC', 'SNOMED CT']) as own_reason
        from base.MedicationAdministration as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
    )

    union all

    select
        _source,
        _extra,
        id,
        'statement',
        status,
        null,
        patient_id,
        context.reference,
        plain_concept(medicationCodeableConcept),
        medicationReference.reference,
        nullif(medicationReference.display, ''),
        dosage_texts(dosage),
        dose.value,
        '/dosage/' || (position - 1) || '/doseAndRate/' || (dose_at - 1) || '/doseQuantity/value',
        quantity_unit(dose),
        plain_concept(the_dosage.route),
        plain_timing(the_dosage.timing),
        coalesce(the_dosage.asNeededBoolean, case when the_dosage.asNeededCodeableConcept is not null then true end),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        coalesce(nullif(effectiveDateTime, ''), effectivePeriod."start"),
        effectivePeriod."end",
        dateAsserted,
        plain_concept(own_reason),
        reasonReference[1].reference,
        nullif(reasonReference[1].display, ''),
        null,
        null,
        null,
        null,
        list_transform(note, lambda x: x.text),
        contained
    from (
        select *, the_dosage.doseAndRate[dose_at].doseQuantity as dose
        from (
            select *, dose_position(the_dosage.doseAndRate) as dose_at
            from (
                select *, dosage[position] as the_dosage
                from (
                    select
                        b.*,
                        ref_id(b.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
                        dosage_position(b.dosage)                                as position,
                        pick_concept(b.reasonCode, ['RxNorm', 'NDC', 'SNOMED CT']) as own_reason
                    from base.MedicationStatement as b
                    left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
                )
            )
        )
    )
),

resolved as (
    select
        r.*,
        e.resource_type                                     as encounter_type,
        e.id                                                as encounter_urn_id,
        q.resource_type                                     as request_type,
        q.id                                                as request_urn_id,
        coalesce(
            r.concept,
            case when starts_with(r.medication, '#') then json_concept(contained_resource(r.contained, r.medication), 'code') end,
            plain_concept(m.code)
        )                                                   as the_concept,
        coalesce(
            r.reason,
            case when starts_with(r.reason_reference, '#') then json_concept(contained_resource(r.contained, r.reason_reference), 'code') end,
            plain_concept(c.code)
        )                                                   as the_reason,
        coalesce(
            r.prescriber_display,
            n.name,
            case when starts_with(r.prescriber_reference, '#') then json_name(contained_resource(r.contained, r.prescriber_reference)) end,
            r.prescriber_identifier
        )                                                   as prescriber
    from recorded as r
    left join ledger.urns as e on e.source = r._source and e.urn = r.encounter
    left join ledger.urns as q on q.source = r._source and q.urn = r.request
    left join ledger.urns as mu on mu.source = r._source and mu.urn = r.medication
    left join ledger.urns as cu on cu.source = r._source and cu.urn = r.reason_reference
    left join base.Medication as m
        on m._source = r._source and m.id = ref_id(r.medication, 'Medication', mu.resource_type, mu.id)
    left join base.Condition as c
        on c._source = r._source and c.id = ref_id(r.reason_reference, 'Condition', cu.resource_type, cu.id)
    left join ledger.names as n
        on n.source = r._source
        and n.reference = name_key({'display': r.prescriber_display, 'reference': r.prescriber_reference})
    where r.status is distinct from 'entered-in-error'
),

coded as (
    select
        *,
        pick_coding(the_concept, ['RxNorm', 'NDC', 'SNOMED CT']) as coding,
        pick_coding(the_reason, ['RxNorm', 'NDC', 'SNOMED CT'])  as reason_coding
    from resolved
)

select
    _source                                                 as source,
    id                                                      as medication_record_id,
    kind,
    patient_id,
    ref_id(encounter, 'Encounter', encounter_type, encounter_urn_id) as encounter_id,
    nullif(status, '')                                      as status,
    intent,
    code_system_name(coding.system)                         as medication_system,
    nullif(coding.code, '')                                 as medication_code,
    coalesce(nullif(the_concept.text, ''), coding_text(the_concept.coding, coding), medication_display) as medication,
    code_of(the_concept.coding, 'RxNorm')                   as rxnorm_code,
    code_of(the_concept.coding, 'NDC')                      as ndc_code,
    dose_text,
    coalesce(dose_number, number_sent(_extra, dose_pointer)) as dose_number,
    dose_unit,
    concept_text(route)                                     as route,
    frequency_text(timing)                                  as frequency_text,
    as_needed,
    coalesce(quantity, number_sent(_extra, quantity_pointer)) as quantity,
    quantity_unit,
    days_of(coalesce(supply, number_sent(_extra, supply_pointer)), supply_unit)::double as days_supply,
    coalesce(refills, try_cast(number_sent(_extra, '/dispenseRequest/numberOfRepeatsAllowed') as integer)) as refills,
    fhir_date(started)                                      as start_date,
    fhir_timestamp(started)                                 as start_at,
    fhir_date(ended)                                        as end_date,
    fhir_timestamp(ended)                                   as end_at,
    fhir_timestamp(authored)                                as authored_at,
    fhir_date(authored)                                     as authored_date,
    code_system_name(reason_coding.system)                  as reason_system,
    nullif(reason_coding.code, '')                          as reason_code,
    coalesce(
        case when reason is null then reason_display end,
        nullif(the_reason.text, ''),
        coding_text(the_reason.coding, reason_coding),
        reason_display
    )                                                       as reason,
    prescriber,
    ref_id(request, 'MedicationRequest', request_type, request_urn_id) as request_id,
    joined(notes, chr(10))                                  as note
from coded;

comment on view medications is 'What was prescribed, dispensed, given and taken, one row each (FHIR MedicationRequest, MedicationDispense, MedicationAdministration, MedicationStatement)';
comment on column medications.source is 'Where the row comes from: the label of the import';
comment on column medications.medication_record_id is 'Id of the record, unique within source and kind';
comment on column medications.kind is 'request, dispense, administration or statement';
comment on column medications.patient_id is 'Id of the Patient it is about';
comment on column medications.encounter_id is 'Id of the Encounter it belongs to';
comment on column medications.status is 'Status code; rows entered in error are left out';
comment on column medications.intent is 'Of a request: order, plan, proposal, ...';
comment on column medications.medication_system is 'Code system of medication_code';
comment on column medications.medication_code is 'The medication, as a code; RxNorm preferred, then NDC, SNOMED CT';
comment on column medications.medication is 'The medication, as text';
comment on column medications.rxnorm_code is 'First RxNorm code of the medication';
comment on column medications.ndc_code is 'First NDC code of the medication';
comment on column medications.dose_text is 'Dosage instructions as text, joined by semicolons';
comment on column medications.dose_number is 'Dose of the first instruction, in dose_unit; the ordered one if it says several';
comment on column medications.dose_unit is 'Unit of the dose as sent';
comment on column medications.route is 'Way of giving it, as text';
comment on column medications.frequency_text is 'How often, as text';
comment on column medications.as_needed is 'Whether it is taken as needed only; NULL if not sent';
comment on column medications.quantity is 'Amount ordered or dispensed, in quantity_unit';
comment on column medications.quantity_unit is 'Unit of the amount as sent';
comment on column medications.days_supply is 'How many days the amount lasts';
comment on column medications.refills is 'How many refills a request allows';
comment on column medications.start_date is 'Day of the start: validity of a request, hand-over of a dispense, time of an administration or statement as written';
comment on column medications.start_at is 'Instant of the start: validity of a request, hand-over of a dispense, time of an administration or statement; NULL without time and zone';
comment on column medications.end_date is 'Day of the end; NULL for a single time as written';
comment on column medications.end_at is 'Instant of the end; NULL for a single time; NULL without time and zone';
comment on column medications.authored_at is 'Instant when it was written; NULL without time and zone';
comment on column medications.authored_date is 'Day when it was written, of a statement when it was asserted';
comment on column medications.reason_system is 'Code system of reason_code';
comment on column medications.reason_code is 'Why it is given, as a code';
comment on column medications.reason is 'Why it is given, as text';
comment on column medications.prescriber is 'Name of who prescribed it';
comment on column medications.request_id is 'Of a dispense or administration: id of the MedicationRequest';
comment on column medications.note is 'Notes, one a line';
