-- us_core(extensions, what): the first Extension of US Core about what (race,
-- ethnicity, birthsex, genderIdentity), also under its older URL and Argonaut's.
create or replace macro us_core(extensions, what) as
    list_filter(
        extensions,
        lambda the_extension: the_extension.url in (
            'http://hl7.org/fhir/us/core/StructureDefinition/us-core-' || what,
            'https://hl7.org/fhir/us/core/StructureDefinition/us-core-' || what,
            'http://hl7.org/fhir/StructureDefinition/us-core-' || what,
            'http://fhir.org/guides/argonaut/StructureDefinition/argo-' || what
        )
    )[1];

comment on macro us_core is 'First Extension of US Core or Argonaut about race, ethnicity, birthsex or genderIdentity';
