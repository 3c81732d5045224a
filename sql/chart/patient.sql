-- Who a person is: one row, or none of somebody of whom there are facts but no Patient.
select
    full_name,
    case birth_date_precision
        when 'year' then strftime(birth_date, '%Y')
        when 'month' then strftime(birth_date, '%Y-%m')
        else birth_date::varchar
    end                                                     as birth_date,
    is_deceased,
    death_date::varchar                                     as death_date,
    gender,
    mrn,
    list_transform(
        list_filter(identifiers, lambda x: x.value is not null),
        lambda x: concat_ws(' ', coalesce(x.type, x.system), x.value)
    )                                                       as identifiers,
    concat_ws(
        ', ',
        address_line,
        city,
        nullif(concat_ws(' ', state, postal_code), ''),
        country
    )                                                       as address,
    phone,
    email,
    language,
    general_practitioner,
    active,
    replaced_by
from patients
where source = $source and patient_id = $patient_id
