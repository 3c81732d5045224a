-- encounters: visits and stays, one row each.
-- Grain: (source, encounter_id).
-- class is the code of a Coding, as R4 has it, or of R5's first concept; systems that
-- send text there have it in Encounter._extra.
-- Source: FHIR R4 Encounter (https://hl7.org/fhir/R4/encounter.html).
create or replace view encounters as
with
-- Only of visits where somebody's name is not written beside the reference: to look up
-- all of them takes as long as the rest of the view.
participating as (
    select number, list(name order by position) as names
    from (
        select w.number, w.position, ref_name(w.who, w.contained, n.name) as name
        from (
            select
                rowid                                       as number,
                _source,
                contained,
                generate_subscripts(participant, 1)         as position,
                unnest(participant).individual              as who
            from base.Encounter
            where list_contains(list_transform(participant, lambda x: coalesce(x.individual.display, '') = ''), true)
        ) as w
        left join ledger.names as n on n.source = w._source and n.reference = name_key(w.who)
    )
    group by number
)

select
    t._source                                               as source,
    t.id                                                    as encounter_id,
    t.patient_id,
    nullif(t.status, '')                                    as status,
    coalesce(
        nullif(t.class.code, ''),
        t._extra ->> '$."/class"[0].coding[0].code',
        t._extra ->> '$."/class/coding"[0].code'
    )                                                       as class,
    code_system_name(t.coding.system)                       as type_system,
    nullif(t.coding.code, '')                               as type_code,
    coalesce(nullif(t.the_type.text, ''), coding_text(t.the_type.coding, t.coding)) as type,
    fhir_date(t.period."start")                             as start_date,
    fhir_timestamp(t.period."start")                        as start_at,
    fhir_date(t.period."end")                               as end_date,
    fhir_timestamp(t.period."end")                          as end_at,
    (epoch_us(fhir_timestamp(t.period."end")) - epoch_us(fhir_timestamp(t.period."start"))) / 60000000.0 as duration_minutes,
    code_system_name(t.reason_coding.system)                as reason_system,
    nullif(t.reason_coding.code, '')                        as reason_code,
    reason_text(plain_concept(t.own_reason), t.reasonReference[1].display, t.reason, t.reason_coding) as reason,
    ref_name(t.serviceProvider, t.contained, s.name)        as service_provider,
    ref_name(t.the_location, t.contained, l.name)           as location,
    distinct_texts(coalesce(w.names, list_transform(t.participant, lambda x: x.individual.display))) as participants,
    concept_text(t.hospitalization.dischargeDisposition)    as discharge_disposition,
    ref_id(t.partOf.reference, 'Encounter', o.resource_type, o.id) as part_of_id
from (
    select
        *,
        pick_coding(the_type, ['CPT', 'SNOMED CT'])         as coding,
        pick_coding(reason, ['CPT', 'SNOMED CT'])           as reason_coding
    from (
        select
            e.*,
            coalesce(
                plain_concept(e.own_reason),
                contained_concept(e.contained, e.reasonReference[1].reference),
                plain_concept(c.code)
            )                                               as reason
        from (
            select
                b.*,
                b.rowid                                     as number,
                ref_id(b.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
                pick_concept(b.type, ['CPT', 'SNOMED CT'])  as the_type,
                b.location[1].location                      as the_location,
                pick_concept(b.reasonCode, ['CPT', 'SNOMED CT']) as own_reason
            from base.Encounter as b
            left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
        ) as e
        left join ledger.urns as cu on cu.source = e._source and cu.urn = e.reasonReference[1].reference
        left join base.Condition as c
            on c._source = e._source
            and c.id = ref_id(e.reasonReference[1].reference, 'Condition', cu.resource_type, cu.id)
    )
) as t
left join participating as w on w.number = t.number
left join ledger.urns as o on o.source = t._source and o.urn = t.partOf.reference
left join ledger.names as s on s.source = t._source and s.reference = name_key(t.serviceProvider)
left join ledger.names as l on l.source = t._source and l.reference = name_key(t.the_location)
where t.status is distinct from 'entered-in-error';

comment on view encounters is 'Visits and stays, one row each (FHIR Encounter)';
comment on column encounters.source is 'Where the row comes from: the label of the import';
comment on column encounters.encounter_id is 'Id of the Encounter, unique within source';
comment on column encounters.patient_id is 'Id of the Patient it is about';
comment on column encounters.status is 'Status code; rows entered in error are left out';
comment on column encounters.class is 'Class code: AMB, EMER, IMP, VR, ...';
comment on column encounters.type_system is 'Code system of type_code';
comment on column encounters.type_code is 'Kind of visit, as a code; CPT preferred, then SNOMED CT';
comment on column encounters.type is 'Kind of visit, as text';
comment on column encounters.start_date is 'Day of the start as written';
comment on column encounters.start_at is 'Instant of the start; NULL without time and zone';
comment on column encounters.end_date is 'Day of the end as written';
comment on column encounters.end_at is 'Instant of the end; NULL without time and zone';
comment on column encounters.duration_minutes is 'Length in minutes; NULL unless start and end are instants';
comment on column encounters.reason_system is 'Code system of reason_code';
comment on column encounters.reason_code is 'Why it took place, as a code';
comment on column encounters.reason is 'Why it took place, as text';
comment on column encounters.service_provider is 'Name of the organisation';
comment on column encounters.location is 'Name of the first place';
comment on column encounters.participants is 'Names of those who took part, each once';
comment on column encounters.discharge_disposition is 'Where the person went afterwards, as text';
comment on column encounters.part_of_id is 'Id of the Encounter that this one is part of';
