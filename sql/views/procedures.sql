-- procedures: what was done to a person, one row each.
-- Grain: (source, procedure_id).
-- Source: FHIR R4 Procedure (https://hl7.org/fhir/R4/procedure.html).
create or replace view procedures as
select
    t._source                                               as source,
    t.id                                                    as procedure_id,
    t.patient_id,
    t.encounter_id,
    nullif(t.status, '')                                    as status,
    code_system_name(t.coding.system)                       as code_system,
    nullif(t.coding.code, '')                               as code,
    coalesce(nullif(t.code.text, ''), coding_text(t.code.coding, t.coding)) as display,
    fhir_date(t.performed)                                  as performed_date,
    fhir_timestamp(t.performed)                             as performed_at,
    fhir_date(t.performedPeriod."end")                      as performed_end_date,
    fhir_timestamp(t.performedPeriod."end")                 as performed_end_at,
    code_system_name(t.reason_coding.system)                as reason_system,
    nullif(t.reason_coding.code, '')                        as reason_code,
    reason_text(plain_concept(t.own_reason), t.reasonReference[1].display, t.reason, t.reason_coding) as reason,
    concept_text(t.bodySite[1])                             as body_site,
    concept_text(t.outcome)                                 as outcome,
    ref_name(t.performer[1].actor, t.contained, n.name)     as performer,
    joined(list_transform(t.note, lambda x: x.text), chr(10)) as note
from (
    select
        *,
        pick_coding(code, ['CPT', 'HCPCS', 'SNOMED CT', 'ICD-10-PCS'])   as coding,
        pick_coding(reason, ['CPT', 'HCPCS', 'SNOMED CT', 'ICD-10-PCS']) as reason_coding
    from (
        select
            r.*,
            coalesce(
                plain_concept(r.own_reason),
                contained_concept(r.contained, r.reasonReference[1].reference),
                plain_concept(c.code)
            )                                               as reason
        from (
            select
                b.*,
                ref_id(b.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
                ref_id(b.encounter.reference, 'Encounter', e.resource_type, e.id) as encounter_id,
                coalesce(nullif(b.performedDateTime, ''), nullif(b.performedPeriod."start", '')) as performed,
                pick_concept(b.reasonCode, ['CPT', 'HCPCS', 'SNOMED CT', 'ICD-10-PCS']) as own_reason
            from base.Procedure as b
            left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
            left join ledger.urns as e on e.source = b._source and e.urn = b.encounter.reference
        ) as r
        left join ledger.urns as cu on cu.source = r._source and cu.urn = r.reasonReference[1].reference
        left join base.Condition as c
            on c._source = r._source
            and c.id = ref_id(r.reasonReference[1].reference, 'Condition', cu.resource_type, cu.id)
    )
) as t
left join ledger.names as n on n.source = t._source and n.reference = name_key(t.performer[1].actor)
where t.status is distinct from 'entered-in-error';

comment on view procedures is 'What was done to people, one row each (FHIR Procedure)';
comment on column procedures.source is 'Where the row comes from: the label of the import';
comment on column procedures.procedure_id is 'Id of the Procedure, unique within source';
comment on column procedures.patient_id is 'Id of the Patient it is about';
comment on column procedures.encounter_id is 'Id of the Encounter it belongs to';
comment on column procedures.status is 'Status code; rows entered in error are left out';
comment on column procedures.code_system is 'Code system of code';
comment on column procedures.code is 'The procedure, as a code; CPT preferred, then HCPCS, SNOMED CT, ICD-10-PCS';
comment on column procedures.display is 'The procedure, as text';
comment on column procedures.performed_date is 'Day when it was done or begun as written';
comment on column procedures.performed_at is 'Instant when it was done or begun; NULL without time and zone';
comment on column procedures.performed_end_date is 'Day when it was finished as written';
comment on column procedures.performed_end_at is 'Instant when it was finished; NULL without time and zone';
comment on column procedures.reason_system is 'Code system of reason_code';
comment on column procedures.reason_code is 'Why it was done, as a code';
comment on column procedures.reason is 'Why it was done, as text';
comment on column procedures.body_site is 'Where on the body, as text';
comment on column procedures.outcome is 'Outcome as text';
comment on column procedures.performer is 'Name of the first who did it';
comment on column procedures.note is 'Notes, one a line';
