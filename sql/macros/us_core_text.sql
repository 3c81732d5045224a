-- us_core_text(extension, parts): what a person reads of an Extension of US Core about
-- race or ethnicity, of which parts are the Codings: its text, else the displays.
create or replace macro us_core_text(extension, parts) as
    coalesce(
        list_filter(
            extension.extension,
            lambda the_part: the_part.url = 'text' and the_part.valueString <> ''
        )[1].valueString,
        nullif(extension.valueCodeableConcept.text, ''),
        joined(list_transform(parts, lambda the_part: the_part.display), ', ')
    );

comment on macro us_core_text is 'What a person reads of an Extension of US Core about race or ethnicity';
