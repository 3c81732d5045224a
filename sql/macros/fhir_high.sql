-- fhir_high(text): the last day that a FHIR date, dateTime or instant may mean, as
-- a DATE: of 2012-05 the 31st of May, of 2012 the 31st of December.
create or replace macro fhir_high(text) as
    case length(text)
        when 4 then last_day(fhir_date(text || '-12'))
        when 7 then last_day(fhir_date(text))
        else fhir_date(text)
    end;

comment on macro fhir_high is 'Last day that a partial FHIR date may mean';
