-- code_system_name(uri): the short name of a code system, such as LOINC.
-- Known systems are recognised under their URI, also with https, with or without
-- www., with a trailing slash or |version, and as urn:oid: or bare OID. Of another
-- HL7 code system it is the last segment of its URL, of any other system the URI
-- as sent. NULL of an empty string.
-- All is exact matches, the usual URIs first: a pattern per row is slow.
create or replace macro code_system_name(uri) as
    coalesce(
        case uri
            when '' then null
            when 'http://loinc.org' then 'LOINC'
            when 'http://snomed.info/sct' then 'SNOMED CT'
            when 'http://www.nlm.nih.gov/research/umls/rxnorm' then 'RxNorm'
            when 'http://hl7.org/fhir/sid/icd-10-cm' then 'ICD-10-CM'
            when 'http://hl7.org/fhir/sid/cvx' then 'CVX'
        end,
        list_transform(
            [code_system_key(uri)],
            lambda the_key: coalesce(
                code_system_known(the_key),
                code_system_hl7(the_key),
                case
                    when starts_with(the_key, 'http://snomed.info/sct/')
                        then 'SNOMED CT'
                    when starts_with(the_key, 'http://hl7.org/') or contains(string_split(the_key, '/')[3], '.hl7.org')
                        then string_split(the_key, '/')[-1]
                    when the_key <> ''
                        then uri
                end
            )
        )[1]
    );

comment on macro code_system_name is 'Short name of a code system by its URI or OID, such as LOINC; the URI of one that is not known';
