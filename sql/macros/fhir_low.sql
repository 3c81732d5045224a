-- fhir_low(text): the first day that a FHIR date, dateTime or instant may mean, as
-- a DATE: of 2012-05 the first of May. It is fhir_date(text) under the name that
-- goes with fhir_high.
create or replace macro fhir_low(text) as
    fhir_date(text);

comment on macro fhir_low is 'First day that a partial FHIR date may mean';
