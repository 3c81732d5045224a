-- code_system_name(uri): the short name of a code system, such as LOINC.
-- Known systems are recognised under their URI, also with https, with or without
-- www., with a trailing slash or |version, and as urn:oid: or bare OID. Of another
-- HL7 code system it is the last segment of its URL, of any other system the URI
-- as sent. NULL of an empty string.
-- All is exact matches, the usual URIs first: a pattern per row is slow.
create or replace macro code_system_name(uri) as
    coalesce(
        map {
            'http://loinc.org': 'LOINC',
            'http://snomed.info/sct': 'SNOMED CT',
            'http://www.nlm.nih.gov/research/umls/rxnorm': 'RxNorm',
            'http://hl7.org/fhir/sid/icd-10-cm': 'ICD-10-CM',
            'http://www.ama-assn.org/go/cpt': 'CPT',
            'http://hl7.org/fhir/sid/cvx': 'CVX'
        }[uri],
        code_system_known(code_system_key(uri)),
        case
            when split_part(code_system_key(uri), '/', 3) = 'hl7.org' or suffix(split_part(code_system_key(uri), '/', 3), '.hl7.org')
                then split_part(code_system_key(uri), '/', -1)
            when starts_with(code_system_key(uri), '2.16.840.1.113883.12.')
                then 'v2-' || lpad(code_system_key(uri)[22:], 4, '0')
            when starts_with(code_system_key(uri), 'http://snomed.info/sct/')
                then 'SNOMED CT'
            else nullif(uri, '')
        end
    );

comment on macro code_system_name is 'Short name of a code system by its URI or OID, such as LOINC; the URI of one that is not known';
