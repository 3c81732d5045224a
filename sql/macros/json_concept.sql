-- json_concept(resource, name): the element name of a resource that is there as JSON, as
-- plain_concept gives a CodeableConcept.
create or replace macro json_concept(resource, name) as
    from_json(
        json_extract(resource, '$.' || name),
        '{"coding":[{"system":"VARCHAR","code":"VARCHAR","display":"VARCHAR","userSelected":"BOOLEAN"}],"text":"VARCHAR"}'
    );

comment on macro json_concept is 'CodeableConcept in a resource that is there as JSON';
