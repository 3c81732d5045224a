-- claim_lines: what was billed and paid, one row for each line of an ExplanationOfBenefit
-- or Claim.
-- Grain: (source, kind, claim_id, line).
-- A line without a date of its own has that of the claim.
-- Source: FHIR R4 ExplanationOfBenefit.item and Claim.item
-- (https://hl7.org/fhir/R4/explanationofbenefit.html).
create or replace view claim_lines as
with
sent as (
    select
        _source,
        id,
        number,
        'eob'                                               as kind,
        line_numbers(item)[position]                        as line,
        patient_id,
        status,
        plain_concept(part.productOrService)                as product,
        plain_concept(part.revenue)                         as revenue,
        filled(list_transform(part.modifier, lambda x: concept_code(x))) as modifiers,
        nullif(part.servicedDate, '')                       as serviced,
        nullif(part.servicedPeriod."start", '')             as serviced_start,
        nullif(part.servicedPeriod."end", '')               as serviced_end,
        billablePeriod."start"                              as started,
        billablePeriod."end"                                as ended,
        coalesce(part.quantity.value, number_sent(_extra, '/item/' || (position - 1) || '/quantity/value')) as quantity,
        concept_text(part.locationCodeableConcept)          as place_of_service,
        plain_amounts(part.adjudication, _extra, '/item/' || (position - 1) || '/adjudication') as amounts,
        coalesce(part.net.value, number_sent(_extra, '/item/' || (position - 1) || '/net/value')) as net,
        part.diagnosisSequence                              as sequences
    from (
        select
            b.*,
            b.rowid                                         as number,
            ref_id(b.patient.reference, 'Patient', p.resource_type, p.id) as patient_id,
            unnest(b.item)                                  as part,
            generate_subscripts(b.item, 1)                  as position
        from base.ExplanationOfBenefit as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.patient.reference
        where len(b.item) > 0
    )
    where part is not null

    union all

    select
        _source,
        id,
        number,
        'claim',
        line_numbers(item)[position],
        patient_id,
        status,
        plain_concept(part.productOrService),
        plain_concept(part.revenue),
        filled(list_transform(part.modifier, lambda x: concept_code(x))),
        nullif(part.servicedDate, ''),
        nullif(part.servicedPeriod."start", ''),
        nullif(part.servicedPeriod."end", ''),
        billablePeriod."start",
        billablePeriod."end",
        coalesce(part.quantity.value, number_sent(_extra, '/item/' || (position - 1) || '/quantity/value')),
        concept_text(part.locationCodeableConcept),
        null,
        coalesce(part.net.value, number_sent(_extra, '/item/' || (position - 1) || '/net/value')),
        part.diagnosisSequence
    from (
        select
            b.*,
            b.rowid                                         as number,
            ref_id(b.patient.reference, 'Patient', p.resource_type, p.id) as patient_id,
            unnest(b.item)                                  as part,
            generate_subscripts(b.item, 1)                  as position
        from base.Claim as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.patient.reference
        where len(b.item) > 0
    )
    where part is not null
),

served as (
    select
        *,
        case
            when code_of(product.coding, 'CPT') is null
                and code_of(product.coding, 'HCPCS') is null
                and code_of(product.coding, 'NDC') is null
                and revenue is not null
                then revenue
            else product
        end                                                 as service
    from sent
),

coded as (
    select *, pick_coding(service, ['CPT', 'HCPCS', 'NDC']) as coding
    from served
)

select
    s._source                                               as source,
    s.id                                                    as claim_id,
    s.kind,
    s.line::integer                                         as line,
    s.patient_id,
    code_system_name(s.coding.system)                       as service_system,
    nullif(s.coding.code, '')                               as service_code,
    coalesce(nullif(s.service.text, ''), coding_text(s.service.coding, s.coding)) as service,
    s.modifiers,
    fhir_date(coalesce(s.serviced, s.serviced_start, case when s.serviced_end is null then s.started end)) as service_start_date,
    fhir_timestamp(coalesce(s.serviced, s.serviced_start, case when s.serviced_end is null then s.started end)) as service_start_at,
    fhir_date(case when s.serviced is null then coalesce(s.serviced_end, case when s.serviced_start is null then s.ended end) end) as service_end_date,
    fhir_timestamp(case when s.serviced is null then coalesce(s.serviced_end, case when s.serviced_start is null then s.ended end) end) as service_end_at,
    s.quantity,
    s.place_of_service,
    coalesce(amount_of(s.amounts, ['submitted', 'submittedamount']).value, s.net) as billed,
    amount_of(s.amounts, ['eligible', 'allowed', 'allowedamount']).value as allowed,
    amount_of(s.amounts, ['benefit', 'paidtoprovider', 'paymentamount']).value as paid,
    distinct_texts(
        list_transform(
            list_filter(d.diagnoses, lambda x: list_contains(s.sequences, x.sequence)),
            lambda x: x.code
        )
    )                                                       as diagnosis_codes
from coded as s
left join claim_diagnoses() as d on d.kind = s.kind and d.number = s.number
where s.status is distinct from 'entered-in-error';

comment on view claim_lines is 'What was billed and paid, one row for each line of an ExplanationOfBenefit or Claim';
comment on column claim_lines.source is 'Where the row comes from: the label of the import';
comment on column claim_lines.claim_id is 'Id of the resource, unique within source and kind';
comment on column claim_lines.kind is 'eob (ExplanationOfBenefit) or claim (Claim)';
comment on column claim_lines.line is 'Number of the line: its sequence, else its position';
comment on column claim_lines.patient_id is 'Id of the Patient it is about';
comment on column claim_lines.service_system is 'Code system of service_code';
comment on column claim_lines.service_code is 'What was billed, as a code; CPT preferred, then HCPCS, NDC; a revenue code only without one of them';
comment on column claim_lines.service is 'What was billed, as text';
comment on column claim_lines.modifiers is 'Codes of the modifiers';
comment on column claim_lines.service_start_date is 'Day of the start of the service, else of the claim as written';
comment on column claim_lines.service_start_at is 'Instant of the start of the service, else of the claim; NULL without time and zone';
comment on column claim_lines.service_end_date is 'Day of the end of the service, else of the claim as written';
comment on column claim_lines.service_end_at is 'Instant of the end of the service, else of the claim; NULL without time and zone';
comment on column claim_lines.quantity is 'How many';
comment on column claim_lines.place_of_service is 'Place of service as text';
comment on column claim_lines.billed is 'Amount billed';
comment on column claim_lines.allowed is 'Amount that the insurer accepts';
comment on column claim_lines.paid is 'Amount that the insurer pays';
comment on column claim_lines.diagnosis_codes is 'Codes of the diagnoses that the line names, each once';
