-- coding_text(codings, picked): what a person reads of codings of which one was
-- picked: its display, else any display, else its code.
create or replace macro coding_text(codings, picked) as
    coalesce(
        nullif(picked.display, ''),
        list_filter(codings, lambda the_coding: the_coding.display <> '')[1].display,
        nullif(picked.code, '')
    );

comment on macro coding_text is 'What a person reads of codings of which one was picked';
