-- facts(): what there is about people, one row for each row of the views that have a
-- patient_id: what timeline and patient_summary read. It reads the typed tables for the few
-- columns that it has, since DuckDB plans all columns of a view that it reads: timeline
-- over the views takes three times as long.
-- Grain: none of its own; kind is a view and id the row's id there.
-- date is the main date of the fact, at its instant; both are NULL of a fact without date.
create or replace macro facts() as table
    with
    told as (
        select
            b._source                                           as source,
            b.id                                                as patient_id,
            'patients'                                          as kind,
            b.id                                                as id,
            null::varchar                                       as started,
            null::varchar                                       as otherwise,
            null::varchar                                       as ended,
            null::varchar                                       as what,
            null::varchar                                       as detail,
            null::varchar                                       as status,
            null::varchar                                       as encounter
        from base.Patient as b

        union all

        -- an Observation that has components and no value of its own is no row
        select
            b._source,
            ref_id(b.subject.reference, 'Patient', p.resource_type, p.id),
            'observations',
            b.id,
            coalesce(nullif(b.effectiveDateTime, ''), nullif(b.effectiveInstant, ''), nullif(b.effectivePeriod."start", ''), b.effectiveTiming.event[1]),
            b.issued,
            null,
            picked_text(b.code, ['LOINC', 'SNOMED CT']),
            coalesce(
                value_text(
                    b.valueQuantity,
                    b.valueCodeableConcept,
                    b.valueString,
                    b.valueBoolean,
                    b.valueInteger,
                    b.valueRange,
                    b.valueRatio,
                    b.valueTime,
                    b.valueDateTime,
                    b.valuePeriod,
                    b.valueSampledData,
                    b._extra,
                    ''
                ),
                concept_code(b.dataAbsentReason)
            ),
            b.status,
            b.encounter.reference
        from base.Observation as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
        where b.status is distinct from 'entered-in-error'
            and (
                coalesce(len(b.component), 0) = 0
                or b.valueQuantity is not null
                or b.valueCodeableConcept is not null
                or b.valueString <> ''
                or b.valueBoolean is not null
                or b.valueInteger is not null
                or b.valueRange is not null
                or b.valueRatio is not null
                or b.valueTime <> ''
                or b.valueDateTime <> ''
                or b.valuePeriod is not null
                or b.valueSampledData is not null
            )

        union all

        select
            b._source,
            b.patient_id,
            'observations',
            b.id,
            coalesce(nullif(b.effectiveDateTime, ''), nullif(b.effectiveInstant, ''), nullif(b.effectivePeriod."start", ''), b.effectiveTiming.event[1]),
            b.issued,
            null,
            picked_text(b.part.code, ['LOINC', 'SNOMED CT']),
            coalesce(
                value_text(
                    b.part.valueQuantity,
                    b.part.valueCodeableConcept,
                    b.part.valueString,
                    b.part.valueBoolean,
                    b.part.valueInteger,
                    b.part.valueRange,
                    b.part.valueRatio,
                    b.part.valueTime,
                    b.part.valueDateTime,
                    b.part.valuePeriod,
                    b.part.valueSampledData,
                    b._extra,
                    '/component/' || (b.number - 1)
                ),
                concept_code(b.part.dataAbsentReason)
            ),
            b.status,
            b.encounter.reference
        from (
            select
                o.*,
                ref_id(o.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
                unnest(o.component)                             as part,
                generate_subscripts(o.component, 1)             as number
            from base.Observation as o
            left join ledger.urns as p on p.source = o._source and p.urn = o.subject.reference
            where len(o.component) > 0
        ) as b
        where b.status is distinct from 'entered-in-error'
            and b.part is not null

        union all

        select
            b._source,
            ref_id(b.subject.reference, 'Patient', p.resource_type, p.id),
            'conditions',
            b.id,
            coalesce(nullif(b.onsetDateTime, ''), b.onsetPeriod."start"),
            b.recordedDate,
            coalesce(nullif(b.abatementDateTime, ''), b.abatementPeriod."start"),
            picked_text(b.code, ['ICD-10-CM', 'ICD-10', 'SNOMED CT', 'ICD-9-CM']),
            concept_text(b.severity),
            concept_code(b.clinicalStatus),
            b.encounter.reference
        from base.Condition as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
        where not coalesce(has_code(b.verificationStatus, 'entered-in-error'), false)

        union all

        select
            b._source,
            b.patient_id,
            'encounters',
            b.id,
            b.period."start",
            null,
            b.period."end",
            coalesce(
                picked_text(b.the_type, ['CPT', 'SNOMED CT']),
                nullif(b.class.code, ''),
                b._extra ->> '$."/class"[0].coding[0].code',
                b._extra ->> '$."/class/coding"[0].code'
            ),
            coalesce(concept_text(b.reasonCode[1]), nullif(b.reasonReference[1].display, ''), b.serviceProvider.display),
            b.status,
            null
        from (
            select
                e.*,
                ref_id(e.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
                pick_concept(e.type, ['CPT', 'SNOMED CT'])      as the_type
            from base.Encounter as e
            left join ledger.urns as p on p.source = e._source and p.urn = e.subject.reference
        ) as b
        where b.status is distinct from 'entered-in-error'

        union all

        select
            b._source,
            ref_id(b.subject.reference, 'Patient', p.resource_type, p.id),
            'procedures',
            b.id,
            coalesce(nullif(b.performedDateTime, ''), b.performedPeriod."start"),
            null,
            b.performedPeriod."end",
            picked_text(b.code, ['CPT', 'HCPCS', 'SNOMED CT', 'ICD-10-PCS']),
            coalesce(concept_text(b.reasonCode[1]), nullif(b.reasonReference[1].display, '')),
            b.status,
            b.encounter.reference
        from base.Procedure as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
        where b.status is distinct from 'entered-in-error'

        union all

        select
            b._source,
            ref_id(b.patient.reference, 'Patient', p.resource_type, p.id),
            'immunizations',
            b.id,
            b.occurrenceDateTime,
            null,
            null,
            picked_text(b.vaccineCode, ['CVX', 'NDC']),
            case when b.status = 'not-done' then concept_text(b.statusReason) else quantity_text(b.doseQuantity) end,
            b.status,
            b.encounter.reference
        from base.Immunization as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.patient.reference
        where b.status is distinct from 'entered-in-error'

        union all

        select
            b._source,
            b.patient_id,
            'allergies',
            b.id,
            coalesce(nullif(b.onsetDateTime, ''), b.onsetPeriod."start"),
            b.recordedDate,
            null,
            picked_text(b.substance, ['RxNorm', 'SNOMED CT']),
            joined(
                flatten(list_transform(b.reaction, lambda x: list_transform(x.manifestation, lambda y: concept_text(y)))),
                ', '
            ),
            concept_code(b.clinicalStatus),
            b.encounter.reference
        from (
            select
                a.*,
                ref_id(a.patient.reference, 'Patient', p.resource_type, p.id) as patient_id,
                coalesce(plain_concept(a.code), plain_concept(list_filter(a.reaction, lambda x: x.substance is not null)[1].substance)) as substance
            from base.AllergyIntolerance as a
            left join ledger.urns as p on p.source = a._source and p.urn = a.patient.reference
        ) as b
        where not coalesce(has_code(b.verificationStatus, 'entered-in-error'), false)

        union all

        select
            b._source,
            ref_id(b.subject.reference, 'Patient', p.resource_type, p.id),
            'diagnostic_reports',
            b.id,
            coalesce(nullif(b.effectiveDateTime, ''), b.effectivePeriod."start"),
            b.issued,
            null,
            picked_text(b.code, ['LOINC']),
            b.conclusion,
            b.status,
            b.encounter.reference
        from base.DiagnosticReport as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
        where b.status is distinct from 'entered-in-error'

        union all

        select
            b._source,
            b.patient_id,
            'documents',
            b.id,
            b.date,
            null,
            null,
            coalesce(nullif(b.part.attachment.title, ''), nullif(b.description, ''), picked_text(b.type, ['LOINC'])),
            b.part.attachment.contentType,
            b.status,
            b.context.encounter[1].reference
        from (
            select
                d.*,
                ref_id(d.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
                unnest(d.content)                               as part
            from base.DocumentReference as d
            left join ledger.urns as p on p.source = d._source and p.urn = d.subject.reference
            where len(d.content) > 0
        ) as b
        where b.part is not null
            and b.status is distinct from 'entered-in-error'
            and b.docStatus is distinct from 'entered-in-error'

        union all

        select
            b._source,
            b.patient_id,
            'documents',
            b.id,
            coalesce(nullif(b.issued, ''), nullif(b.effectiveDateTime, ''), b.effectivePeriod."start"),
            null,
            null,
            coalesce(nullif(b.part.title, ''), picked_text(b.code, ['LOINC'])),
            b.part.contentType,
            b.status,
            b.encounter.reference
        from (
            select
                d.*,
                ref_id(d.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
                unnest(d.presentedForm)                         as part
            from base.DiagnosticReport as d
            left join ledger.urns as p on p.source = d._source and p.urn = d.subject.reference
            where len(d.presentedForm) > 0
        ) as b
        where b.part is not null
            and b.status is distinct from 'entered-in-error'

        union all

        select
            b._source,
            ref_id(b.subject.reference, 'Patient', p.resource_type, p.id),
            'documents',
            b.id,
            b.date,
            null,
            null,
            coalesce(nullif(b.title, ''), picked_text(b.type, ['LOINC'])),
            null,
            b.status,
            b.encounter.reference
        from base.Composition as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
        where b.status is distinct from 'entered-in-error'

        union all

        select
            b._source,
            b.patient_id,
            'goals',
            b.id,
            b.startDate,
            b.aim.dueDate,
            b.aim.dueDate,
            concept_text(b.description),
            filled_text(
                concat_ws(
                    ' ',
                    picked_text(b.aim.measure, ['SNOMED CT', 'LOINC']),
                    number_text(
                        coalesce(
                            b.aim.detailQuantity.value,
                            number_sent(b._extra, '/target/0/detailQuantity/value'),
                            b.aim.detailInteger,
                            number_sent(b._extra, '/target/0/detailInteger')
                        )
                    ),
                    quantity_unit(b.aim.detailQuantity)
                )
            ),
            b.lifecycleStatus,
            null
        from (
            select
                g.*,
                ref_id(g.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
                g.target[1]                                     as aim
            from base.Goal as g
            left join ledger.urns as p on p.source = g._source and p.urn = g.subject.reference
        ) as b
        where b.lifecycleStatus is distinct from 'entered-in-error'

        union all

        -- activity 0 is the plan itself; status and period of an activity are its own,
        -- else the plan's
        select
            b._source,
            b.patient_id,
            'care_plans',
            b.id,
            case when b.scheduled then b.step.detail.scheduledPeriod."start" else b.period."start" end,
            null,
            case when b.scheduled then b.step.detail.scheduledPeriod."end" else b.period."end" end,
            coalesce(
                picked_text(b.step.detail.code, ['SNOMED CT', 'LOINC']),
                nullif(b.step.reference.display, ''),
                nullif(b.title, ''),
                concept_text(b.the_category)
            ),
            null,
            coalesce(nullif(b.step.detail.status, ''), b.status),
            b.encounter.reference
        from (
            select
                *,
                coalesce(
                    step.detail.scheduledPeriod."start" <> '',
                    step.detail.scheduledPeriod."end" <> '',
                    false
                )                                               as scheduled
            from (
                select *, activity[number] as step
                from (
                    select
                        c.*,
                        ref_id(c.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
                        pick_concept(c.category, ['SNOMED CT', 'LOINC']) as the_category,
                        unnest(range(0, coalesce(len(c.activity), 0) + 1)) as number
                    from base.CarePlan as c
                    left join ledger.urns as p on p.source = c._source and p.urn = c.subject.reference
                )
            )
            where number = 0 or step is not null
        ) as b
        where b.status is distinct from 'entered-in-error'
            and b.step.detail.status is distinct from 'entered-in-error'

        union all

        select b._source, b.patient_id, 'care_team', b.id, null, null, null, null, null, null, null
        from (
            select
                c.*,
                ref_id(c.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
                unnest(c.participant)                           as part
            from base.CareTeam as c
            left join ledger.urns as p on p.source = c._source and p.urn = c.subject.reference
            where len(c.participant) > 0
        ) as b
        where b.part is not null
            and b.status is distinct from 'entered-in-error'

        union all

        select
            b._source,
            ref_id(b.patient.reference, 'Patient', p.resource_type, p.id),
            'devices',
            b.id,
            b.manufactureDate,
            null,
            b.expirationDate,
            coalesce(
                list_filter(b.deviceName, lambda x: x.type = 'user-friendly-name' and x.name <> '')[1].name,
                list_filter(b.deviceName, lambda x: x.name <> '')[1].name,
                picked_text(b.type, ['SNOMED CT'])
            ),
            b.modelNumber,
            b.status,
            null
        from base.Device as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.patient.reference
        where b.status is distinct from 'entered-in-error'

        union all

        select
            b._source,
            ref_id(b.beneficiary.reference, 'Patient', p.resource_type, p.id),
            'coverages',
            b.id,
            b.period."start",
            null,
            b.period."end",
            coalesce(
                ref_name(b.payor[1], b.contained, n.name),
                list_filter(b.class, lambda x: has_code(x.type, 'plan') and x.name <> '')[1].name,
                concept_text(b.type)
            ),
            coalesce(
                list_filter(b.class, lambda x: has_code(x.type, 'plan') and x.name <> '')[1].name,
                concept_text(b.type)
            ),
            b.status,
            null
        from base.Coverage as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.beneficiary.reference
        left join ledger.names as n on n.source = b._source and n.reference = name_key(b.payor[1])
        where b.status is distinct from 'entered-in-error'

        union all

        select
            b._source,
            ref_id(b.patient.reference, 'Patient', p.resource_type, p.id),
            'claims',
            b.id,
            b.billablePeriod."start",
            b.created,
            b.billablePeriod."end",
            coalesce(concept_text(b.type), b."use"),
            list_transform(
                [amount_of(plain_amounts(b.total, b._extra, '/total'), ['submitted', 'submittedamount'])],
                lambda x: case when x.value is not null then concat_ws(' ', number_text(x.value), nullif(x.currency, '')) end
            )[1],
            b.status,
            null
        from base.ExplanationOfBenefit as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.patient.reference
        where b.status is distinct from 'entered-in-error'

        union all

        select
            b._source,
            ref_id(b.patient.reference, 'Patient', p.resource_type, p.id),
            'claims',
            b.id,
            b.billablePeriod."start",
            b.created,
            b.billablePeriod."end",
            coalesce(concept_text(b.type), b."use"),
            list_transform(
                [coalesce(b.total.value, number_sent(b._extra, '/total/value'))],
                lambda x: case when x is not null then concat_ws(' ', number_text(x), nullif(b.total.currency, '')) end
            )[1],
            b.status,
            null
        from base.Claim as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.patient.reference
        where b.status is distinct from 'entered-in-error'

        union all

        select b._source, b.patient_id, 'claim_lines', b.id, null, null, null, null, null, null, null
        from (
            select
                e.*,
                ref_id(e.patient.reference, 'Patient', p.resource_type, p.id) as patient_id,
                unnest(e.item)                                  as part
            from base.ExplanationOfBenefit as e
            left join ledger.urns as p on p.source = e._source and p.urn = e.patient.reference
            where len(e.item) > 0
        ) as b
        where b.part is not null
            and b.status is distinct from 'entered-in-error'

        union all

        select b._source, b.patient_id, 'claim_lines', b.id, null, null, null, null, null, null, null
        from (
            select
                c.*,
                ref_id(c.patient.reference, 'Patient', p.resource_type, p.id) as patient_id,
                unnest(c.item)                                  as part
            from base.Claim as c
            left join ledger.urns as p on p.source = c._source and p.urn = c.patient.reference
            where len(c.item) > 0
        ) as b
        where b.part is not null
            and b.status is distinct from 'entered-in-error'
    ),

    dated as (
        select
            *,
            fhir_date(started)                                  as start_date,
            nullif(status, '')                                  as the_status
        from told
    )

    select
        d.source,
        d.patient_id,
        fhir_timestamp(case when d.start_date is null then d.otherwise else d.started end) as at,
        coalesce(d.start_date, fhir_date(d.otherwise))          as date,
        fhir_date(d.ended)                                      as end_date,
        d.kind,
        d.id,
        d.what,
        coalesce(one_line(d.detail), d.the_status)              as detail,
        d.the_status                                            as status,
        case when d.kind = 'encounters' then d.id else ref_id(d.encounter, 'Encounter', e.resource_type, e.id) end as encounter_id
    from dated as d
    left join ledger.urns as e on e.source = d.source and e.urn = d.encounter

    union all

    select
        source,
        patient_id,
        case when start_date is null then authored_at else start_at end,
        coalesce(start_date, authored_date),
        end_date,
        'medications',
        medication_record_id,
        medication,
        coalesce(
            one_line(coalesce(dose_text, filled_text(concat_ws(' ', number_text(dose_number), dose_unit, frequency_text)))),
            status
        ),
        status,
        encounter_id
    from medications;

comment on macro table facts is 'What there is about people, one row for each row of the views that have a patient_id; what timeline and patient_summary read';
