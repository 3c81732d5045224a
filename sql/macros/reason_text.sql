-- reason_text(own, display, reason, coding): what a person reads of a reason: of the
-- record's own concept, else the display of the reference to the reason, else what the
-- referred resource says. reason is the concept that was found and coding the one
-- picked of it.
create or replace macro reason_text(own, display, reason, coding) as
    coalesce(
        case when own is null then nullif(display, '') end,
        nullif(reason.text, ''),
        coding_text(reason.coding, coding),
        nullif(display, '')
    );

comment on macro reason_text is 'What a person reads of a reason';
