-- html_text(html): the text of an HTML document without its markup: line breaks where
-- blocks end, the usual entities decoded, runs of blanks and of empty lines as one.
create or replace macro html_text(html) as
    filled_text(
        (html)
            .regexp_replace('(?is)<!--.*?-->|<(script|style|head)\b.*?</(script|style|head)\s*>', ' ', 'g')
            .regexp_replace('\s+', ' ', 'g')
            .regexp_replace('(?i)<(br|hr)\b[^>]*>|</(p|div|tr|li|h[1-6]|table|ul|ol|pre|section|title)\s*>', chr(10), 'g')
            .regexp_replace('<[^>]*>', ' ', 'g')
            .replace('&nbsp;', ' ')
            .replace('&#160;', ' ')
            .replace(chr(160), ' ')
            .replace('&lt;', '<')
            .replace('&gt;', '>')
            .replace('&quot;', '"')
            .replace('&#34;', '"')
            .replace('&apos;', '''')
            .replace('&#39;', '''')
            .replace('&amp;', '&')
            .regexp_replace(' +', ' ', 'g')
            .regexp_replace(' ?\n[ \n]*', chr(10), 'g')
            .trim(' ' || chr(10))
    );

comment on macro html_text is 'Text of an HTML document without its markup';
