-- coverages: insurance of people, one row each.
-- Grain: (source, coverage_id).
-- Source: FHIR R4 Coverage (https://hl7.org/fhir/R4/coverage.html).
create or replace view coverages as
select
    t._source                                               as source,
    t.id                                                    as coverage_id,
    t.patient_id,
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
        b.*,
        ref_id(b.beneficiary.reference, 'Patient', p.resource_type, p.id) as patient_id,
        list_filter(b.class, lambda x: has_code(x.type, 'group'))[1] as the_group,
        list_filter(b.class, lambda x: has_code(x.type, 'plan'))[1]  as the_plan
    from base.Coverage as b
    left join ledger.urns as p on p.source = b._source and p.urn = b.beneficiary.reference
) as t
left join ledger.urns as o on o.source = t._source and o.urn = t.payor[1].reference
left join ledger.names as n on n.source = t._source and n.reference = name_key(t.payor[1])
where t.status is distinct from 'entered-in-error';

comment on view coverages is 'Insurance of people, one row each (FHIR Coverage)';
comment on column coverages.source is 'Where the row comes from: the label of the import';
comment on column coverages.coverage_id is 'Id of the Coverage, unique within source';
comment on column coverages.patient_id is 'Id of the Patient who is insured';
comment on column coverages.status is 'Status code; rows entered in error are left out';
comment on column coverages.type is 'Kind of insurance as text';
comment on column coverages.payer is 'Name of the first payer';
comment on column coverages.payer_id is 'Id of the Organization that pays';
comment on column coverages.subscriber_id is 'Number of the subscriber';
comment on column coverages.member_id is 'Member number: the identifier of type MB';
comment on column coverages.group_id is 'Number of the group';
comment on column coverages.group_name is 'Name of the group';
comment on column coverages.plan_id is 'Number of the plan';
comment on column coverages.plan_name is 'Name of the plan';
comment on column coverages.relationship is 'What the insured is to the subscriber, as text';
comment on column coverages.start_date is 'Day of the start as written';
comment on column coverages.start_at is 'Instant of the start; NULL without time and zone';
comment on column coverages.end_date is 'Day of the end as written';
comment on column coverages.end_at is 'Instant of the end; NULL without time and zone';
