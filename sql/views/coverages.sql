-- coverages: insurance of people, one row each.
-- Grain: (source, coverage_id).
-- Source: FHIR R4 Coverage (https://hl7.org/fhir/R4/coverage.html).
create or replace view coverages as
select
    t._source                                               as source,
    t.id                                                    as coverage_id,
    ref_id(t.beneficiary.reference, 'Patient', p.resource_type, p.id) as patient_id,
    nullif(t.status, '')                                    as status,
    concept_text(t.type)                                    as type,
    ref_name(t.payor[1], t.contained, n.name)               as payer,
    ref_id(t.payor[1].reference, 'Organization', o.resource_type, o.id) as payer_id,
    nullif(t.subscriberId, '')                              as subscriber_id,
    list_filter(t.identifier, lambda x: has_code(x.type, 'MB') and x.value <> '')[1].value as member_id,
    nullif(t.the_group.value, '')                           as group_id,
    nullif(t.the_group.name, '')                            as group_name,
    nullif(t.the_plan.value, '')                            as plan_id,
    nullif(t.the_plan.name, '')                             as plan_name,
    concept_text(t.relationship)                            as relationship,
    fhir_date(t.period."start")                             as start_date,
    fhir_timestamp(t.period."start")                        as start_at,
    fhir_date(t.period."end")                               as end_date,
    fhir_timestamp(t.period."end")                          as end_at
from (
    select
        *,
        list_filter(class, lambda x: has_code(x.type, 'group'))[1] as the_group,
        list_filter(class, lambda x: has_code(x.type, 'plan'))[1]  as the_plan
    from Coverage
) as t
left join ledger.urns as p on p.source = t._source and p.urn = t.beneficiary.reference
left join ledger.urns as o on o.source = t._source and o.urn = t.payor[1].reference
left join ledger.names as n on n.source = t._source and n.reference = name_key(t.payor[1])
where t.status is distinct from 'entered-in-error';
