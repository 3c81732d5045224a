-- patients: people, one row each.
-- Grain: (source, patient_id).
-- Of several names, addresses, phones and emails the current one; what was over at
-- the import, or is marked old, comes last.
-- Source: FHIR R4 Patient (https://hl7.org/fhir/R4/patient.html); US Core and Argonaut
-- extensions for race, ethnicity and birth sex.
create or replace view patients as
with
picked as (
    select
        p.*,
        pick_name(p.name, t.day)                                as the_name,
        pick_address(p.address, t.day)                          as the_address,
        pick_telecom(p.telecom, 'phone', t.day)                 as phone,
        pick_telecom(p.telecom, 'email', t.day)                 as email,
        coalesce(
            list_filter(identifier, lambda x: list_contains(list_transform(x.type.coding, lambda y: y.code), 'MR') and x.value <> '' and not is_over(x.period, t.day))[1],
            list_filter(identifier, lambda x: list_contains(list_transform(x.type.coding, lambda y: y.code), 'MR') and x.value <> '')[1],
            list_filter(identifier, lambda x: x.use = 'usual' and x.value <> '')[1]
        ).value                                                    as mrn,
        us_core(p.extension, 'race')                               as race_extension,
        us_core(p.extension, 'ethnicity')                          as ethnicity_extension,
        us_core(p.extension, 'birthsex')                           as birth_sex_extension,
        coalesce(
            us_core(p.extension, 'genderIdentity'),
            extension(p.extension, 'http://hl7.org/fhir/StructureDefinition/patient-genderIdentity')
        )                                                          as gender_identity_extension,
        coalesce(
            list_filter(p.communication, lambda x: x.preferred)[1],
            p.communication[1]
        ).language                                                 as the_language,
        list_filter(p.link, lambda x: x.type = 'replaced-by')[1].other.reference as replaced_by_reference,
        p.generalPractitioner[1]                                   as the_practitioner
    from base.Patient as p
    left join import_days() as t on t.file = p._file
),

told as (
    select
        *,
        us_core_parts(race_extension)                              as race_parts,
        us_core_parts(ethnicity_extension)                         as ethnicity_parts
    from picked
)

select
    p._source                                                      as source,
    p.id                                                           as patient_id,
    p.mrn,
    case
        when len(p.identifier) > 0
            then list_transform(
                p.identifier,
                lambda x: {
                    'system': nullif(x.system, ''),
                    'type': concept_text(x.type),
                    'value': nullif(x.value, '')
                }
            )
    end                                                            as identifiers,
    name_text(p.the_name)                                          as full_name,
    filled(p.the_name.given)[1]                                    as given_name,
    filled(filled(p.the_name.given)[2:])                           as middle_names,
    nullif(p.the_name.family, '')                                  as family_name,
    joined(p.the_name.prefix, ' ')                                 as prefix,
    joined(p.the_name.suffix, ' ')                                 as suffix,
    fhir_date(p.birthDate)                                         as birth_date,
    fhir_precision(p.birthDate)                                    as birth_date_precision,
    coalesce(p.deceasedBoolean, case when p.deceasedDateTime <> '' then true end) as is_deceased,
    fhir_date(p.deceasedDateTime)                                  as death_date,
    fhir_timestamp(p.deceasedDateTime)                             as death_at,
    nullif(p.gender, '')                                           as gender,
    coalesce(
        nullif(p.birth_sex_extension.valueCode, ''),
        concept_code(p.birth_sex_extension.valueCodeableConcept)
    )                                                              as birth_sex,
    coalesce(
        concept_text(p.gender_identity_extension.valueCodeableConcept),
        nullif(p.gender_identity_extension.valueCoding.display, ''),
        nullif(p.gender_identity_extension.valueString, '')
    )                                                              as gender_identity,
    us_core_text(p.race_extension, p.race_parts)                               as race,
    filled(list_transform(p.race_parts, lambda x: x.code))                                    as race_codes,
    us_core_text(p.ethnicity_extension, p.ethnicity_parts)                               as ethnicity,
    filled(list_transform(p.ethnicity_parts, lambda x: x.code))                               as ethnicity_codes,
    concept_text(p.the_language)                                   as language,
    concept_text(p.maritalStatus)                                  as marital_status,
    joined(p.the_address.line, ', ')                               as address_line,
    nullif(p.the_address.city, '')                                 as city,
    nullif(p.the_address.state, '')                                as state,
    nullif(p.the_address.postalCode, '')                           as postal_code,
    nullif(p.the_address.country, '')                              as country,
    p.phone,
    p.email,
    p.active,
    ref_id(p.replaced_by_reference, 'Patient', u.resource_type, u.id)        as replaced_by,
    ref_name(p.managingOrganization, p.contained, o.name)          as managing_organization,
    ref_name(p.the_practitioner, p.contained, g.name)              as general_practitioner,
    fhir_timestamp(p.meta.lastUpdated)                             as updated_at
from told as p
left join ledger.urns as u on u.source = p._source and u.urn = p.replaced_by_reference
left join ledger.names as o on o.source = p._source and o.reference = name_key(p.managingOrganization)
left join ledger.names as g on g.source = p._source and g.reference = name_key(p.the_practitioner);

comment on view patients is 'People, one row each (FHIR Patient)';
comment on column patients.source is 'Where the row comes from: the label of the import';
comment on column patients.patient_id is 'Id of the Patient, unique within source';
comment on column patients.mrn is 'Medical record number: the identifier of type MR in use, else any of type MR, else the first with use usual';
comment on column patients.identifiers is 'All identifiers: system, type and value';
comment on column patients.full_name is 'Name as one text; of several the official, else usual, else first, those not in use last';
comment on column patients.given_name is 'First given name of that name';
comment on column patients.middle_names is 'Further given names';
comment on column patients.family_name is 'Family name';
comment on column patients.prefix is 'Titles before the name';
comment on column patients.suffix is 'Titles behind the name';
comment on column patients.birth_date is 'Day of birth; of a partial date the first day, see birth_date_precision';
comment on column patients.birth_date_precision is 'How much of the date of birth was given: year, month or day';
comment on column patients.is_deceased is 'Whether the person is dead; NULL if not sent';
comment on column patients.death_date is 'Day of death as written';
comment on column patients.death_at is 'Instant of death; NULL without time and zone';
comment on column patients.gender is 'Administrative gender code: male, female, other, unknown';
comment on column patients.birth_sex is 'Sex at birth code of the US Core or Argonaut extension';
comment on column patients.gender_identity is 'Gender identity as text';
comment on column patients.race is 'Race as text, of the US Core or Argonaut extension';
comment on column patients.race_codes is 'Race codes (CDC), categories before detailed ones';
comment on column patients.ethnicity is 'Ethnicity as text, of the US Core or Argonaut extension';
comment on column patients.ethnicity_codes is 'Ethnicity codes (CDC), categories before detailed ones';
comment on column patients.language is 'Preferred language as text, else the first';
comment on column patients.marital_status is 'Marital status as text';
comment on column patients.address_line is 'Street lines of the address at home now, joined by commas';
comment on column patients.city is 'City of that address';
comment on column patients.state is 'State of that address';
comment on column patients.postal_code is 'Postal code of that address';
comment on column patients.country is 'Country of that address';
comment on column patients.phone is 'Phone number to use first: by rank, then mobile, home, work';
comment on column patients.email is 'Email address to use first';
comment on column patients.active is 'Whether the record is in use; NULL if not sent';
comment on column patients.replaced_by is 'Id of the Patient that this record was merged into';
comment on column patients.managing_organization is 'Name of the organisation that keeps the record';
comment on column patients.general_practitioner is 'Name of the first general practitioner';
comment on column patients.updated_at is 'When the source last changed the record (meta.lastUpdated)';
