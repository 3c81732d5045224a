-- care_team: who takes part in the care of a person, one row for each participant of a
-- CareTeam.
-- Grain: (source, care_team_id, participant).
-- Source: FHIR R4 CareTeam (https://hl7.org/fhir/R4/careteam.html).
create or replace view care_team as
select
    t._source                                               as source,
    t.id                                                    as care_team_id,
    t.number::integer                                       as participant,
    t.patient_id,
    ref_name(t.part.member, t.contained, n.name)            as name,
    concept_text(t.part.role[1])                            as role,
    coalesce(
        m.resource_type,
        reference_type(t.part.member),
        contained_resource(t.contained, t.part.member.reference) ->> '$.resourceType',
        case when is_resource_type(t.part.member.type) then t.part.member.type end
    )                                                       as member_type,
    coalesce(m.id, reference_id(t.part.member))             as member_id,
    fhir_date(t.the_period."start")                         as start_date,
    fhir_timestamp(t.the_period."start")                    as start_at,
    fhir_date(t.the_period."end")                           as end_date,
    fhir_timestamp(t.the_period."end")                      as end_at
from (
    select
        *,
        case
            when part.period."start" <> '' or part.period."end" <> ''
                then {'start': part.period."start", 'end': part.period."end"}
            else {'start': period."start", 'end': period."end"}
        end                                                 as the_period
    from (
        select
            b.*,
            ref_id(b.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
            unnest(b.participant)                           as part,
            generate_subscripts(b.participant, 1)           as number
        from base.CareTeam as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
        where len(b.participant) > 0
    )
    where part is not null
) as t
left join ledger.urns as m on m.source = t._source and m.urn = t.part.member.reference
left join ledger.names as n on n.source = t._source and n.reference = name_key(t.part.member)
where t.status is distinct from 'entered-in-error';

comment on view care_team is 'Who takes part in the care of people, one row for each participant of a CareTeam (FHIR CareTeam)';
comment on column care_team.source is 'Where the row comes from: the label of the import';
comment on column care_team.care_team_id is 'Id of the CareTeam, unique within source';
comment on column care_team.participant is 'Number of the participant, from 1';
comment on column care_team.patient_id is 'Id of the Patient it is about';
comment on column care_team.name is 'Name of the member';
comment on column care_team.role is 'Role of the member as text';
comment on column care_team.member_type is 'Resource type of the member';
comment on column care_team.member_id is 'Id of the member';
comment on column care_team.start_date is 'Day of the start of the part, else of the team as written';
comment on column care_team.start_at is 'Instant of the start of the part, else of the team; NULL without time and zone';
comment on column care_team.end_date is 'Day of the end of the part, else of the team as written';
comment on column care_team.end_at is 'Instant of the end of the part, else of the team; NULL without time and zone';
