-- as_sent(_extra, pointer): the text of a value that the typed columns could not
-- hold as it was sent: as_sent(_extra, '/valueQuantity/value') is '1.50' where the
-- column says 1.5. NULL where the typed column has all there is. Of an object or a
-- list it is the JSON text, with numbers as {"$number":"1.50"}.
-- (_extra ->> '/valueQuantity/value' would take the key for a path.)
create or replace macro as_sent(extra, pointer) as
    coalesce(
        extra ->> ('/' || replace(replace(pointer, '~', '~0'), '/', '~1') || '/$number'),
        extra ->> ('/' || replace(replace(pointer, '~', '~0'), '/', '~1'))
    );

comment on macro as_sent is 'Text of a value as it was sent, where the typed column could not hold it: as_sent(_extra, ''/valueQuantity/value'')';
