-- timeline: what happened to people, one row for each dated row of the views of facts
-- about them.
-- Grain: none of its own; kind is a view and id the row's id there.
-- date is the main date of the fact (onset, else recorded; start, else authored; ...), and
-- at its instant where that is known. A row without a date is left out.
create or replace view timeline as
select
    source,
    patient_id,
    "at",
    date,
    end_date,
    kind,
    id,
    what,
    detail,
    status,
    encounter_id
from facts()
where date is not null
    and kind not in ('patients', 'care_team', 'claim_lines');

comment on view timeline is 'What happened to people, one row for each dated row of the views of facts about them';
comment on column timeline.source is 'Where the row comes from: the label of the import';
comment on column timeline.patient_id is 'Id of the Patient it is about';
comment on column timeline.at is 'Instant of the fact where it is known';
comment on column timeline.date is 'Main day of the fact: onset, else recorded; start, else authored; ...';
comment on column timeline.end_date is 'Day of the end where there is one';
comment on column timeline.kind is 'The view that has the row';
comment on column timeline.id is 'Id of the row in that view';
comment on column timeline.what is 'What it is, as text';
comment on column timeline.detail is 'Value with unit, dose, reason, else the status: one short line';
comment on column timeline.status is 'Status code';
comment on column timeline.encounter_id is 'Id of the Encounter it belongs to';
