-- claims: what was billed and paid, one row for each ExplanationOfBenefit and Claim.
-- Grain: (source, kind, claim_id).
-- Amounts are the claim's totals by adjudication category, else the sums of its lines.
-- Source: FHIR R4 ExplanationOfBenefit and Claim
-- (https://hl7.org/fhir/R4/explanationofbenefit.html).
create or replace view claims as
with
sent as (
    select
        _source,
        id,
        rowid                                               as number,
        'eob'                                               as kind,
        patient_id,
        status,
        "use",
        concept_text(type)                                  as type,
        nullif(outcome, '')                                 as outcome,
        created,
        billablePeriod."start"                              as started,
        billablePeriod."end"                                as ended,
        {'display': provider.display, 'reference': provider.reference, 'identifier': {'value': provider.identifier.value}} as provider,
        {'display': insurer.display, 'reference': insurer.reference, 'identifier': {'value': insurer.identifier.value}} as insurer,
        contained,
        coalesce(
            list_filter(insurance, lambda x: x.focal)[1],
            insurance[1]
        ).coverage.reference                                as coverage,
        plain_amounts(total, _extra, '/total')              as totals,
        list_transform(
            item,
            lambda x, i: {
                'amounts': plain_amounts(x.adjudication, _extra, '/item/' || (i - 1) || '/adjudication'),
                'net': coalesce(x.net.value, number_sent(_extra, '/item/' || (i - 1) || '/net/value')),
                'currency': x.net.currency
            }
        )                                                   as lines
    from (
        select b.*, ref_id(b.patient.reference, 'Patient', p.resource_type, p.id) as patient_id
        from base.ExplanationOfBenefit as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.patient.reference
    )

    union all

    select
        _source,
        id,
        rowid,
        'claim',
        patient_id,
        status,
        "use",
        concept_text(type),
        null,
        created,
        billablePeriod."start",
        billablePeriod."end",
        {'display': provider.display, 'reference': provider.reference, 'identifier': {'value': provider.identifier.value}},
        {'display': insurer.display, 'reference': insurer.reference, 'identifier': {'value': insurer.identifier.value}},
        contained,
        coalesce(
            list_filter(insurance, lambda x: x.focal)[1],
            insurance[1]
        ).coverage.reference,
        [{
            'codes': ['submitted'],
            'value': coalesce(total.value, number_sent(_extra, '/total/value')),
            'currency': total.currency
        }],
        list_transform(
            item,
            lambda x, i: {
                'amounts': null,
                'net': coalesce(x.net.value, number_sent(_extra, '/item/' || (i - 1) || '/net/value')),
                'currency': x.net.currency
            }
        )
    from (
        select b.*, ref_id(b.patient.reference, 'Patient', p.resource_type, p.id) as patient_id
        from base.Claim as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.patient.reference
    )
)

select
    s._source                                               as source,
    s.id                                                    as claim_id,
    s.kind,
    s.patient_id,
    nullif(s.status, '')                                    as status,
    nullif(s.use, '')                                       as use,
    s.type,
    s.outcome,
    fhir_date(s.created)                                    as created_date,
    fhir_date(s.started)                                    as service_start_date,
    fhir_timestamp(s.started)                               as service_start_at,
    fhir_date(s.ended)                                      as service_end_date,
    fhir_timestamp(s.ended)                                 as service_end_at,
    ref_name(s.provider, s.contained, n.name)               as provider,
    ref_name(s.insurer, s.contained, m.name)                as insurer,
    ref_id(s.coverage, 'Coverage', c.resource_type, c.id)   as coverage_id,
    coalesce(
        amount_of(s.totals, ['submitted', 'submittedamount']).value,
        list_sum(list_transform(s.lines, lambda x: coalesce(amount_of(x.amounts, ['submitted', 'submittedamount']).value, x.net)))
    )                                                       as billed,
    coalesce(
        amount_of(s.totals, ['eligible', 'allowed', 'allowedamount']).value,
        list_sum(list_transform(s.lines, lambda x: amount_of(x.amounts, ['eligible', 'allowed', 'allowedamount']).value))
    )                                                       as allowed,
    coalesce(
        amount_of(s.totals, ['benefit', 'paidtoprovider', 'paymentamount']).value,
        list_sum(list_transform(s.lines, lambda x: amount_of(x.amounts, ['benefit', 'paidtoprovider', 'paymentamount']).value))
    )                                                       as paid_by_insurer,
    coalesce(
        amount_of(s.totals, ['paidbypatient', 'memberliability', 'patientpayamount']).value,
        list_sum(list_transform(s.lines, lambda x: amount_of(x.amounts, ['paidbypatient', 'memberliability', 'patientpayamount']).value))
    )                                                       as paid_by_patient,
    filled(
        flatten([
            list_transform(s.totals, lambda x: x.currency),
            list_transform(s.lines, lambda x: x.currency),
            flatten(list_transform(s.lines, lambda x: list_transform(x.amounts, lambda y: y.currency)))
        ])
    )[1]                                                    as currency,
    distinct_texts(list_transform(d.diagnoses, lambda x: x.code)) as diagnosis_codes
from sent as s
left join claim_diagnoses() as d on d.kind = s.kind and d.number = s.number
left join ledger.urns as c on c.source = s._source and c.urn = s.coverage
left join ledger.names as n on n.source = s._source and n.reference = name_key(s.provider)
left join ledger.names as m on m.source = s._source and m.reference = name_key(s.insurer)
where s.status is distinct from 'entered-in-error';

comment on view claims is 'What was billed and paid, one row for each ExplanationOfBenefit and Claim';
comment on column claims.source is 'Where the row comes from: the label of the import';
comment on column claims.claim_id is 'Id of the resource, unique within source and kind';
comment on column claims.kind is 'eob (ExplanationOfBenefit) or claim (Claim)';
comment on column claims.patient_id is 'Id of the Patient it is about';
comment on column claims.status is 'Status code; rows entered in error are left out';
comment on column claims.use is 'claim, preauthorization or predetermination';
comment on column claims.type is 'Kind of claim as text: institutional, professional, pharmacy, ...';
comment on column claims.outcome is 'Outcome code of an eob: queued, complete, error, partial';
comment on column claims.created_date is 'Day when it was made';
comment on column claims.service_start_date is 'Day of the start of the services billed as written';
comment on column claims.service_start_at is 'Instant of the start of the services billed; NULL without time and zone';
comment on column claims.service_end_date is 'Day of the end of the services billed as written';
comment on column claims.service_end_at is 'Instant of the end of the services billed; NULL without time and zone';
comment on column claims.provider is 'Name of who billed';
comment on column claims.insurer is 'Name of the insurer';
comment on column claims.coverage_id is 'Id of the Coverage that pays, else the first';
comment on column claims.billed is 'Amount billed, in currency';
comment on column claims.allowed is 'Amount that the insurer accepts';
comment on column claims.paid_by_insurer is 'Amount that the insurer pays';
comment on column claims.paid_by_patient is 'Amount that the patient pays';
comment on column claims.currency is 'Currency of the amounts';
comment on column claims.diagnosis_codes is 'Codes of the diagnoses in order of sequence, each once; ICD-10-CM preferred';
