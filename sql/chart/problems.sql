-- A person's problems, active ones first: what is in conditions, once each.
-- Grain: code, or text without one. The record on the problem list speaks for the others,
-- else the latest; n is how many there are.
with
mine as (
    select
        *,
        coalesce(code_system || '|' || code, lower(display), condition_id) as problem,
        coalesce(recorded_date, onset_date, abatement_date) as latest_date,
        case onset_precision
            when 'year' then strftime(onset_date, '%Y')
            when 'month' then strftime(onset_date, '%Y-%m')
            else onset_date::varchar
        end                                                 as onset
    from conditions
    where source = $source and patient_id = $patient_id
),

ranked as (
    select
        *,
        min(onset) over (partition by problem)              as first_onset,
        least(
            min(onset_date) over (partition by problem),
            min(recorded_date) over (partition by problem)
        )                                                   as first_date,
        greatest(
            max(latest_date) over (partition by problem),
            max(abatement_date) over (partition by problem)
        )                                                   as last_date,
        count(*) over (partition by problem)                as n,
        row_number() over (
            partition by problem
            order by (category = 'problem-list-item') desc nulls last, latest_date desc nulls last, condition_id
        )                                                   as rank
    from mine
)

select
    coalesce(display, code)                                 as name,
    code_system,
    code,
    case
        when verification_status = 'refuted' then 'refuted'
        when clinical_status in ('active', 'recurrence', 'relapse') then 'active'
        when clinical_status is not null then 'past'
        when abatement_date is not null or abatement_text is not null then 'past'
        when category = 'encounter-diagnosis' then 'unknown'
        else 'active'
    end                                                     as state,
    clinical_status,
    verification_status,
    severity,
    coalesce(first_onset, onset_text)                       as since,
    coalesce(abatement_date::varchar, abatement_text)       as until,
    recorded_date::varchar                                  as recorded,
    n,
    first_date::varchar                                     as first_date,
    last_date::varchar                                      as last_date
from ranked
where rank = 1
order by
    case state when 'active' then 1 when 'unknown' then 2 when 'past' then 3 else 4 end,
    (category = 'problem-list-item') desc nulls last,
    coalesce(case when state = 'past' then abatement_date end, first_date) desc nulls last,
    lower(name)
