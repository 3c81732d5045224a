-- observations: measured values, one row each: an Observation, and each of its
-- components. An Observation that has components and no value of its own has no row
-- of its own.
-- Grain: (source, observation_id, component); component 0 is the Observation itself.
-- value_number is in unit as sent, never converted.
-- Source: FHIR R4 Observation (https://hl7.org/fhir/R4/observation.html).
create or replace view observations as
with
-- What both kinds of rows have, under the same names. pointer is where in the
-- resource the row's elements are.
measured as (
    select
        _source,
        _extra,
        id,
        0                                                   as component,
        ''                                                  as pointer,
        status,
        category,
        patient_id,
        encounter_id,
        code_system_name(code_coding.system)                as code_system,
        nullif(code_coding.code, '')                        as code,
        coalesce(nullif(code.text, ''), coding_text(code.coding, code_coding)) as display,
        null::varchar                                       as panel_system,
        null::varchar                                       as panel_code,
        null::varchar                                       as panel,
        coalesce(nullif(effectiveDateTime, ''), nullif(effectiveInstant, ''), nullif(effectivePeriod.start, ''), nullif(effectiveTiming.event[1], '')) as effective,
        issued,
        valueQuantity is not null                           as is_quantity,
        valueQuantity.value                                 as quantity,
        nullif(valueQuantity.comparator, '')                as quantity_comparator,
        nullif(valueQuantity.unit, '')                      as quantity_unit,
        valueQuantity.system                                as quantity_system,
        nullif(valueQuantity.code, '')                      as quantity_code,
        valueCodeableConcept is not null                    as is_concept,
        code_system_name(value_coding.system)               as concept_system,
        nullif(value_coding.code, '')                       as concept_code,
        coalesce(nullif(valueCodeableConcept.text, ''), coding_text(valueCodeableConcept.coding, value_coding)) as concept,
        nullif(valueString, '')                             as string,
        valueBoolean                                        as boolean,
        valueInteger                                        as integer,
        valueRange is not null                              as is_range,
        range_text(valueRange)                              as range,
        valueRatio is not null                              as is_ratio,
        ratio_text(valueRatio)                              as ratio,
        nullif(valueTime, '')                               as time,
        nullif(valueDateTime, '')                           as datetime,
        valuePeriod is not null                             as is_period,
        period_text(valuePeriod)                            as period,
        valueSampledData is not null                        as is_sampled,
        nullif(valueSampledData.data, '')                   as sampled,
        concept_code(dataAbsentReason)                      as absent_reason,
        concept_code(interpretation[1])                     as interpretation,
        normal_range(referenceRange)                        as range_position,
        list_transform(referenceRange, lambda x: {'low': x.low.value, 'high': x.high.value, 'text': x.text}) as ranges,
        bodySite                                            as body_site,
        method,
        specimen.reference                                  as specimen,
        performer[1]                                        as performer,
        contained,
        note
    from (
        select
            o.*,
            ref_id(o.subject.reference, 'Patient', p.resource_type, p.id)     as patient_id,
            ref_id(o.encounter.reference, 'Encounter', e.resource_type, e.id) as encounter_id,
            pick_coding(o.code, ['LOINC', 'SNOMED CT'])                       as code_coding,
            pick_coding(o.valueCodeableConcept, ['LOINC', 'SNOMED CT'])       as value_coding
        from base.Observation as o
        left join ledger.urns as p on p.source = o._source and p.urn = o.subject.reference
        left join ledger.urns as e on e.source = o._source and e.urn = o.encounter.reference
    )
    where coalesce(len(component), 0) = 0
        or valueQuantity is not null
        or valueCodeableConcept is not null
        or valueString <> ''
        or valueBoolean is not null
        or valueInteger is not null
        or valueRange is not null
        or valueRatio is not null
        or valueTime <> ''
        or valueDateTime <> ''
        or valuePeriod is not null
        or valueSampledData is not null

    union all

    select
        _source,
        _extra,
        id,
        number,
        '/component/' || (number - 1),
        status,
        category,
        patient_id,
        encounter_id,
        code_system_name(part_coding.system),
        nullif(part_coding.code, ''),
        coalesce(nullif(part.code.text, ''), coding_text(part.code.coding, part_coding)),
        code_system_name(code_coding.system),
        nullif(code_coding.code, ''),
        coalesce(nullif(code.text, ''), coding_text(code.coding, code_coding)),
        coalesce(nullif(effectiveDateTime, ''), nullif(effectiveInstant, ''), nullif(effectivePeriod.start, ''), nullif(effectiveTiming.event[1], '')),
        issued,
        part.valueQuantity is not null,
        part.valueQuantity.value,
        nullif(part.valueQuantity.comparator, ''),
        nullif(part.valueQuantity.unit, ''),
        part.valueQuantity.system,
        nullif(part.valueQuantity.code, ''),
        part.valueCodeableConcept is not null,
        code_system_name(part_value_coding.system),
        nullif(part_value_coding.code, ''),
        coalesce(nullif(part.valueCodeableConcept.text, ''), coding_text(part.valueCodeableConcept.coding, part_value_coding)),
        nullif(part.valueString, ''),
        part.valueBoolean,
        part.valueInteger,
        part.valueRange is not null,
        range_text(part.valueRange),
        part.valueRatio is not null,
        ratio_text(part.valueRatio),
        nullif(part.valueTime, ''),
        nullif(part.valueDateTime, ''),
        part.valuePeriod is not null,
        period_text(part.valuePeriod),
        part.valueSampledData is not null,
        nullif(part.valueSampledData.data, ''),
        concept_code(part.dataAbsentReason),
        concept_code(part.interpretation[1]),
        normal_range(part.referenceRange),
        list_transform(part.referenceRange, lambda x: {'low': x.low.value, 'high': x.high.value, 'text': x.text}),
        bodySite,
        method,
        specimen.reference,
        performer[1],
        contained,
        note
    from (
        select
            *,
            pick_coding(code, ['LOINC', 'SNOMED CT'])                      as code_coding,
            pick_coding(part.code, ['LOINC', 'SNOMED CT'])                 as part_coding,
            pick_coding(part.valueCodeableConcept, ['LOINC', 'SNOMED CT']) as part_value_coding
        from (
            select
                o.*,
                ref_id(o.subject.reference, 'Patient', p.resource_type, p.id)     as patient_id,
                ref_id(o.encounter.reference, 'Encounter', e.resource_type, e.id) as encounter_id,
                unnest(o.component)                                               as part,
                generate_subscripts(o.component, 1)                               as number
            from base.Observation as o
            left join ledger.urns as p on p.source = o._source and p.urn = o.subject.reference
            left join ledger.urns as e on e.source = o._source and e.urn = o.encounter.reference
            where len(o.component) > 0
        )
        where part is not null
    )
),

typed as (
    select
        *,
        case
            when is_quantity then 'quantity'
            when is_concept then 'concept'
            when string is not null then 'string'
            when boolean is not null then 'boolean'
            when integer is not null or number_sent(_extra, pointer || '/valueInteger') is not null then 'integer'
            when is_range then 'range'
            when is_ratio then 'ratio'
            when time is not null then 'time'
            when datetime is not null then 'datetime'
            when is_period then 'period'
            when is_sampled then 'sampled'
            when absent_reason is not null then 'absent'
        end as value_type
    from measured
)

select
    m._source                                               as source,
    m.id                                                    as observation_id,
    m.component::integer                                    as component,
    m.patient_id,
    m.encounter_id,
    nullif(m.status, '')                                    as status,
    observation_category(m.category)                        as category,
    m.code_system,
    m.code,
    m.display,
    m.panel_system,
    m.panel_code,
    m.panel,
    fhir_date(m.effective)                                  as effective_date,
    fhir_timestamp(m.effective)                             as effective_at,
    fhir_precision(m.effective)                             as effective_precision,
    fhir_timestamp(m.issued)                                as issued_at,
    m.value_type,
    case m.value_type
        when 'quantity' then coalesce(m.quantity, number_sent(m._extra, m.pointer || '/valueQuantity/value'))
        when 'integer' then coalesce(m.integer, number_sent(m._extra, m.pointer || '/valueInteger'))
        when 'string' then try_cast(text_number(m.string, 2) as double)
    end                                                     as value_number,
    case m.value_type
        when 'quantity' then m.quantity_comparator
        when 'string' then filled_text(text_number(m.string, 1))
    end                                                     as value_comparator,
    coalesce(m.quantity_unit, m.quantity_code)              as unit,
    case when code_system_name(m.quantity_system) = 'UCUM' then m.quantity_code end as unit_code,
    case when m.value_type = 'concept' then m.concept_system end as value_system,
    case when m.value_type = 'concept' then m.concept_code end as value_code,
    case m.value_type
        when 'quantity' then joined(
            [
                m.quantity_comparator,
                coalesce(as_sent(m._extra, m.pointer || '/valueQuantity/value'), number_text(m.quantity)),
                coalesce(m.quantity_unit, m.quantity_code)
            ],
            ' '
        )
        when 'concept' then m.concept
        when 'string' then m.string
        when 'boolean' then m.boolean::varchar
        when 'integer' then coalesce(as_sent(m._extra, m.pointer || '/valueInteger'), m.integer::varchar)
        when 'range' then m.range
        when 'ratio' then m.ratio
        when 'time' then m.time
        when 'datetime' then m.datetime
        when 'period' then m.period
        when 'sampled' then m.sampled
    end                                                     as value_text,
    m.absent_reason,
    m.interpretation,
    coalesce(
        m.ranges[m.range_position].low,
        number_sent(m._extra, m.pointer || '/referenceRange/' || (m.range_position - 1) || '/low/value')
    )                                                       as reference_low,
    coalesce(
        m.ranges[m.range_position].high,
        number_sent(m._extra, m.pointer || '/referenceRange/' || (m.range_position - 1) || '/high/value')
    )                                                       as reference_high,
    filled_text(m.ranges[m.range_position].text)            as reference_text,
    concept_text(m.body_site)                               as body_site,
    concept_text(m.method)                                  as method,
    ref_id(m.specimen, 'Specimen', s.resource_type, s.id)             as specimen_id,
    ref_name(m.performer, m.contained, n.name)              as performer,
    joined(list_transform(m.note, lambda x: x.text), chr(10)) as note
from typed as m
left join ledger.urns as s on s.source = m._source and s.urn = m.specimen
left join ledger.names as n on n.source = m._source and n.reference = name_key(m.performer)
where m.status is distinct from 'entered-in-error';

comment on view observations is 'Measured values, one row each: an Observation, and each of its components (FHIR Observation)';
comment on column observations.source is 'Where the row comes from: the label of the import';
comment on column observations.observation_id is 'Id of the Observation, unique within source';
comment on column observations.component is '0: the Observation itself; n: its nth component';
comment on column observations.patient_id is 'Id of the Patient it is about';
comment on column observations.encounter_id is 'Id of the Encounter it was made in';
comment on column observations.status is 'Status code: final, preliminary, amended, ...; rows entered in error are left out';
comment on column observations.category is 'HL7 category code: laboratory, vital-signs, social-history, ...';
comment on column observations.code_system is 'Code system of code, such as LOINC';
comment on column observations.code is 'What was measured, as a code; LOINC preferred, then SNOMED CT';
comment on column observations.display is 'What was measured, as text';
comment on column observations.panel_system is 'Of a component: code system of panel_code';
comment on column observations.panel_code is 'Of a component: the code of its Observation';
comment on column observations.panel is 'Of a component: what its Observation measures, as text';
comment on column observations.effective_date is 'Day of the measurement as written; of a period its start';
comment on column observations.effective_at is 'Instant of the measurement; NULL without time and zone';
comment on column observations.effective_precision is 'How much of the time was given: year, month, day, minute or second';
comment on column observations.issued_at is 'When the result was made available';
comment on column observations.value_type is 'Kind of value: quantity, concept, string, boolean, integer, range, ratio, time, datetime, period, sampled; absent if a reason is given instead';
comment on column observations.value_number is 'Value as a number, in unit; also of a text that is nothing but a number';
comment on column observations.value_comparator is '<, <=, >= or > if the value is a bound';
comment on column observations.unit is 'Unit as sent';
comment on column observations.unit_code is 'UCUM code of the unit';
comment on column observations.value_system is 'Code system of value_code';
comment on column observations.value_code is 'Value as a code';
comment on column observations.value_text is 'Value as a person reads it, with comparator and unit';
comment on column observations.absent_reason is 'Code why there is no value';
comment on column observations.interpretation is 'Interpretation code: N, H, L, A, ...';
comment on column observations.reference_low is 'Lower end of the normal range, in unit';
comment on column observations.reference_high is 'Upper end of the normal range, in unit';
comment on column observations.reference_text is 'Normal range as text';
comment on column observations.body_site is 'Where on the body, as text';
comment on column observations.method is 'How it was measured, as text';
comment on column observations.specimen_id is 'Id of the Specimen';
comment on column observations.performer is 'Name of the first who made it';
comment on column observations.note is 'Notes, one a line';
