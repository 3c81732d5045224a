-- devices: implants and other devices of people, one row each.
-- Grain: (source, device_id).
-- Source: FHIR R4 Device (https://hl7.org/fhir/R4/device.html).
create or replace view devices as
select
    t._source                                               as source,
    t.id                                                    as device_id,
    t.patient_id,
    nullif(t.status, '')                                    as status,
    code_system_name(t.coding.system)                       as type_system,
    nullif(t.coding.code, '')                               as type_code,
    coalesce(nullif(t.type.text, ''), coding_text(t.type.coding, t.coding)) as type,
    coalesce(
        list_filter(t.deviceName, lambda x: x.type = 'user-friendly-name' and x.name <> '')[1].name,
        list_filter(t.deviceName, lambda x: x.name <> '')[1].name
    )                                                       as device_name,
    nullif(t.manufacturer, '')                              as manufacturer,
    nullif(t.modelNumber, '')                               as model_number,
    nullif(t.serialNumber, '')                              as serial_number,
    coalesce(nullif(t.udiCarrier[1].carrierHRF, ''), nullif(t.udiCarrier[1].deviceIdentifier, '')) as udi,
    fhir_date(t.manufactureDate)                            as manufactured_date,
    fhir_date(t.expirationDate)                             as expiration_date
from (
    select
        b.*,
        ref_id(b.patient.reference, 'Patient', p.resource_type, p.id) as patient_id,
        pick_coding(b.type, ['SNOMED CT'])                  as coding
    from base.Device as b
    left join ledger.urns as p on p.source = b._source and p.urn = b.patient.reference
) as t
where t.status is distinct from 'entered-in-error';

comment on view devices is 'Implants and other devices of people, one row each (FHIR Device)';
comment on column devices.source is 'Where the row comes from: the label of the import';
comment on column devices.device_id is 'Id of the Device, unique within source';
comment on column devices.patient_id is 'Id of the Patient it is about';
comment on column devices.status is 'Status code; rows entered in error are left out';
comment on column devices.type_system is 'Code system of type_code';
comment on column devices.type_code is 'Kind of device, as a code; SNOMED CT preferred';
comment on column devices.type is 'Kind of device, as text';
comment on column devices.device_name is 'Name of the device';
comment on column devices.manufacturer is 'Name of the maker';
comment on column devices.model_number is 'Model number';
comment on column devices.serial_number is 'Serial number';
comment on column devices.udi is 'Unique device identifier as printed, else its device identifier';
comment on column devices.manufactured_date is 'Day when it was made';
comment on column devices.expiration_date is 'Day when it expires';
