-- diagnostic_reports: reports of laboratories, imaging and others, one row each.
-- Grain: (source, diagnostic_report_id).
-- Their measured values are in observations, their documents in documents.
-- Source: FHIR R4 DiagnosticReport (https://hl7.org/fhir/R4/diagnosticreport.html).
create or replace view diagnostic_reports as
with
results as (
    select number, list(id order by position) as ids
    from (
        select r.number, r.position, ref_id(r.reference, 'Observation', u.resource_type, u.id) as id
        from (
            select
                rowid                                       as number,
                _source,
                generate_subscripts(result, 1)              as position,
                unnest(result).reference                    as reference
            from base.DiagnosticReport
            where len(result) > 0
        ) as r
        left join ledger.urns as u on u.source = r._source and u.urn = r.reference
    )
    group by number
)

select
    t._source                                               as source,
    t.id                                                    as diagnostic_report_id,
    t.patient_id,
    t.encounter_id,
    nullif(t.status, '')                                    as status,
    concept_code(t.the_category)                            as category,
    code_system_name(t.coding.system)                       as code_system,
    nullif(t.coding.code, '')                               as code,
    coalesce(nullif(t.code.text, ''), coding_text(t.code.coding, t.coding)) as display,
    fhir_date(t.effective)                                  as effective_date,
    fhir_timestamp(t.effective)                             as effective_at,
    fhir_timestamp(t.issued)                                as issued_at,
    nullif(t.conclusion, '')                                as conclusion,
    filled(list_transform(t.conclusionCode, lambda x: concept_code(x))) as conclusion_codes,
    filled(r.ids)                                           as observation_ids,
    coalesce(len(t.presentedForm), 0) > 0                   as has_attachment,
    ref_name(t.performer[1], t.contained, n.name)           as performer
from (
    select
        b.*,
        b.rowid                                             as number,
        ref_id(b.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
        ref_id(b.encounter.reference, 'Encounter', e.resource_type, e.id) as encounter_id,
        pick_coding(b.code, ['LOINC'])                      as coding,
        pick_concept(b.category, ['LOINC'])                 as the_category,
        coalesce(nullif(b.effectiveDateTime, ''), nullif(b.effectivePeriod."start", '')) as effective
    from base.DiagnosticReport as b
    left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
    left join ledger.urns as e on e.source = b._source and e.urn = b.encounter.reference
) as t
left join results as r on r.number = t.number
left join ledger.names as n on n.source = t._source and n.reference = name_key(t.performer[1])
where t.status is distinct from 'entered-in-error';

comment on view diagnostic_reports is 'Reports of laboratories, imaging and others, one row each (FHIR DiagnosticReport)';
comment on column diagnostic_reports.source is 'Where the row comes from: the label of the import';
comment on column diagnostic_reports.diagnostic_report_id is 'Id of the DiagnosticReport, unique within source';
comment on column diagnostic_reports.patient_id is 'Id of the Patient it is about';
comment on column diagnostic_reports.encounter_id is 'Id of the Encounter it belongs to';
comment on column diagnostic_reports.status is 'Status code; rows entered in error are left out';
comment on column diagnostic_reports.category is 'Category code: LAB, RAD, ...';
comment on column diagnostic_reports.code_system is 'Code system of code';
comment on column diagnostic_reports.code is 'The report, as a code; LOINC preferred';
comment on column diagnostic_reports.display is 'The report, as text';
comment on column diagnostic_reports.effective_date is 'Day of what is reported as written';
comment on column diagnostic_reports.effective_at is 'Instant of what is reported; NULL without time and zone';
comment on column diagnostic_reports.issued_at is 'When the report was made available';
comment on column diagnostic_reports.conclusion is 'Conclusion as text';
comment on column diagnostic_reports.conclusion_codes is 'Codes of the conclusion';
comment on column diagnostic_reports.observation_ids is 'Ids of the Observations with its results';
comment on column diagnostic_reports.has_attachment is 'Whether the report has a document; see documents';
comment on column diagnostic_reports.performer is 'Name of the first who is responsible';
