-- The people that $text may mean, best match first; everybody if it is NULL. People of whom
-- there are facts but no Patient are among them.
-- Grain: (source, patient_id). Only the best kind of match counts: an id or identifier as it
-- is, then one in other case, then all words of $text somewhere in the names. of_all is how
-- many there are, of which these are the first $most.
with
reference as (
    select _source as source, subject.reference as reference from base.Observation
    union
    select _source, subject.reference from base.Condition
    union
    select _source, subject.reference from base.Encounter
    union
    select _source, subject.reference from base.Procedure
    union
    select _source, subject.reference from base.MedicationRequest
    union
    select _source, subject.reference from base.MedicationDispense
    union
    select _source, subject.reference from base.MedicationAdministration
    union
    select _source, subject.reference from base.MedicationStatement
    union
    select _source, patient.reference from base.Immunization
    union
    select _source, patient.reference from base.AllergyIntolerance
    union
    select _source, subject.reference from base.DiagnosticReport
    union
    select _source, subject.reference from base.DocumentReference
    union
    select _source, subject.reference from base.Composition
    union
    select _source, subject.reference from base.Goal
    union
    select _source, subject.reference from base.CarePlan
    union
    select _source, subject.reference from base.CareTeam
    union
    select _source, patient.reference from base.Device
    union
    select _source, beneficiary.reference from base.Coverage
    union
    select _source, patient.reference from base.ExplanationOfBenefit
    union
    select _source, patient.reference from base.Claim
),

referred as (
    select distinct r.source, ref_id(r.reference, 'Patient', u.resource_type, u.id) as patient_id
    from reference as r
    left join ledger.urns as u on u.source = r.source and u.urn = r.reference
),

person as (
    select
        p.source,
        p.patient_id,
        p.full_name,
        p.birth_date,
        p.birth_date_precision,
        p.gender,
        true                                                as has_patient,
        list_concat(
            list_transform(p.identifiers, lambda x: trim(x.value)),
            list_transform(p.identifiers, lambda x: x.system || '|' || trim(x.value))
        )                                                   as identifiers,
        array_to_string(
            list_transform(
                b.name,
                lambda x: concat_ws(' ', x.text, array_to_string(x.given, ' '), x.family)
            ),
            ' '
        )                                                   as names
    from patients as p
    join base.Patient as b on b._source = p.source and b.id = p.patient_id

    union all
    select r.source, r.patient_id, null, null, null, null, false, null, null
    from referred as r
    anti join base.Patient as p on p._source = r.source and p.id = r.patient_id
    where r.patient_id is not null
),

matched as (
    select
        *,
        case
            when $text::varchar is null
                then 1
            when $text in (patient_id, source || '/' || patient_id, source || '/Patient/' || patient_id)
                or regexp_extract($text, '^(?:https?://.*/)?Patient/([^/]+)(?:/_history/.*)?$', 1) = patient_id
                or list_contains(identifiers, $text)
                then 1
            when lower($text) in (lower(patient_id), lower(source || '/' || patient_id))
                or list_contains(list_transform(identifiers, lambda x: lower(x)), lower($text))
                then 2
            when list_bool_and(list_transform(
                    string_split_regex(trim(lower(strip_accents($text))), '[\s,]+'),
                    lambda x: contains(lower(strip_accents(names)), x)
                ))
                then 3
        end                                                 as match
    from person
)

select
    source,
    patient_id,
    full_name,
    case birth_date_precision
        when 'year' then strftime(birth_date, '%Y')
        when 'month' then strftime(birth_date, '%Y-%m')
        else birth_date::varchar
    end                                                     as birth_date,
    gender,
    has_patient,
    count(*) over ()                                        as of_all
from matched
where match is not null
qualify match = min(match) over ()
order by has_patient desc, lower(full_name), source, patient_id
limit $most::bigint
