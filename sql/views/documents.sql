-- documents: attachments of DocumentReferences and DiagnosticReports, one row each, and
-- Compositions, one row each.
-- Grain: (source, kind, document_id, attachment); attachment counts from 1, a
-- Composition has 0.
-- text is that of plain text and HTML, the latter without its markup; other formats
-- are not read.
-- Source: FHIR R4 DocumentReference, DiagnosticReport.presentedForm, Composition
-- (https://hl7.org/fhir/R4/documentreference.html).
create or replace view documents as
with
attached as (
    select
        _source,
        _extra,
        id,
        'document_reference'                                as kind,
        number                                              as attachment,
        '/content/' || (number - 1) || '/attachment'        as pointer,
        patient_id,
        context.encounter[1].reference                      as encounter,
        status,
        plain_concept(type)                                 as type,
        concept_code(the_category)                          as category,
        date,
        nullif(author[1].display, '')                       as author_display,
        author[1].reference                                 as author_reference,
        nullif(author[1].identifier.value, '')              as author_identifier,
        contained,
        coalesce(nullif(part.attachment.title, ''), nullif(description, '')) as title,
        nullif(part.attachment.contentType, '')             as content_type,
        part.attachment.size                                as size,
        nullif(part.attachment.url, '')                     as url,
        nullif(part.attachment.data, '')                    as data
    from (
        select
            b.*,
            ref_id(b.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
            pick_concept(b.category, ['LOINC'])                 as the_category,
            unnest(b.content)                                   as part,
            generate_subscripts(b.content, 1)                   as number
        from base.DocumentReference as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
        where len(b.content) > 0
    )
    where part is not null
        and docStatus is distinct from 'entered-in-error'

    union all

    select
        _source,
        _extra,
        id,
        'diagnostic_report',
        number,
        '/presentedForm/' || (number - 1),
        patient_id,
        encounter.reference,
        status,
        plain_concept(code),
        concept_code(the_category),
        coalesce(nullif(issued, ''), nullif(effectiveDateTime, ''), nullif(effectivePeriod."start", '')),
        nullif(performer[1].display, ''),
        performer[1].reference,
        nullif(performer[1].identifier.value, ''),
        contained,
        nullif(part.title, ''),
        nullif(part.contentType, ''),
        part.size,
        nullif(part.url, ''),
        nullif(part.data, '')
    from (
        select
            b.*,
            ref_id(b.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
            pick_concept(b.category, ['LOINC'])                 as the_category,
            unnest(b.presentedForm)                             as part,
            generate_subscripts(b.presentedForm, 1)             as number
        from base.DiagnosticReport as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
        where len(b.presentedForm) > 0
    )
    where part is not null

    union all

    select
        _source,
        _extra,
        id,
        'composition',
        0,
        '',
        patient_id,
        encounter.reference,
        status,
        plain_concept(type),
        concept_code(the_category),
        date,
        nullif(author[1].display, ''),
        author[1].reference,
        nullif(author[1].identifier.value, ''),
        contained,
        nullif(title, ''),
        null,
        null,
        null,
        null
    from (
        select
            b.*,
            ref_id(b.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
            pick_concept(b.category, ['LOINC'])                 as the_category
        from base.Composition as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
    )
),

resolved as (
    select
        a.*,
        pick_coding(a.type, ['LOINC'])                      as coding,
        e.resource_type                                     as encounter_type,
        e.id                                                as encounter_urn_id,
        n.name                                              as author_name,
        ref_id(a.url, 'Binary', bu.resource_type, bu.id)    as binary_id,
        coalesce(a.content_type, nullif(b.contentType, '')) as the_content_type,
        coalesce(a.data, nullif(b.data, ''))                as the_data
    from attached as a
    left join ledger.urns as e on e.source = a._source and e.urn = a.encounter
    left join ledger.urns as bu on bu.source = a._source and bu.urn = a.url
    left join ledger.names as n
        on n.source = a._source
        and n.reference = name_key({'display': a.author_display, 'reference': a.author_reference})
    left join base."Binary" as b
        on b._source = a._source and b.id = ref_id(a.url, 'Binary', bu.resource_type, bu.id)
    where a.status is distinct from 'entered-in-error'
)

select
    _source                                                 as source,
    id                                                      as document_id,
    kind,
    attachment::integer                                     as attachment,
    patient_id,
    ref_id(encounter, 'Encounter', encounter_type, encounter_urn_id) as encounter_id,
    nullif(status, '')                                      as status,
    code_system_name(coding.system)                         as type_system,
    nullif(coding.code, '')                                 as type_code,
    coalesce(nullif(type.text, ''), coding_text(type.coding, coding)) as type,
    category,
    fhir_date(date)                                         as date,
    fhir_timestamp(date)                                    as date_at,
    ref_name(
        {'display': author_display, 'reference': author_reference, 'identifier': {'value': author_identifier}},
        contained,
        author_name
    )                                                       as author,
    title,
    the_content_type                                        as content_type,
    coalesce(
        size::bigint,
        try_cast(number_sent(_extra, pointer || '/size') as bigint),
        base64_length(the_data)
    )                                                       as size_bytes,
    url,
    binary_id,
    case
        when starts_with(the_content_type, 'text/plain')
            then base64_text(the_data)
        when starts_with(the_content_type, 'text/html') or starts_with(the_content_type, 'application/xhtml+xml')
            then html_text(base64_text(the_data))
    end                                                     as text,
    the_data is not null                                    as has_data
from resolved;

comment on view documents is 'Attachments of DocumentReferences and DiagnosticReports, and Compositions, one row each';
comment on column documents.source is 'Where the row comes from: the label of the import';
comment on column documents.document_id is 'Id of the resource, unique within source and kind';
comment on column documents.kind is 'document_reference, diagnostic_report or composition';
comment on column documents.attachment is 'Number of the attachment, from 1; 0 for a Composition';
comment on column documents.patient_id is 'Id of the Patient it is about';
comment on column documents.encounter_id is 'Id of the Encounter it belongs to';
comment on column documents.status is 'Status code; rows entered in error are left out';
comment on column documents.type_system is 'Code system of type_code';
comment on column documents.type_code is 'Kind of document, as a code; LOINC preferred';
comment on column documents.type is 'Kind of document, as text';
comment on column documents.category is 'Category code';
comment on column documents.date is 'Day of the document as written';
comment on column documents.date_at is 'Instant of the document; NULL without time and zone';
comment on column documents.author is 'Name of the first author';
comment on column documents.title is 'Title of the attachment, else the description';
comment on column documents.content_type is 'Format, such as text/html';
comment on column documents.size_bytes is 'Size in bytes';
comment on column documents.url is 'Where the content is, as sent';
comment on column documents.binary_id is 'Id of the Binary with the content';
comment on column documents.text is 'Text of plain text and HTML, without markup';
comment on column documents.has_data is 'Whether the content is in the warehouse';
