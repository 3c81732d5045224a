-- npi_of(identifiers): the US National Provider Identifier in a list of Identifiers.
create or replace macro npi_of(identifiers) as
    list_filter(
        identifiers,
        lambda the_identifier: the_identifier.value <> ''
            and code_system_key(the_identifier.system) in ('http://hl7.org/fhir/sid/us-npi', '2.16.840.1.113883.4.6')
    )[1].value;

comment on macro npi_of is 'US National Provider Identifier in a list of Identifiers';
