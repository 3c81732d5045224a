-- human_name(list): a person's name as one text, from a list of HumanNames: that of
-- use official, else usual, else the first; names of use old or whose period is over
-- today come last. It is the name's text, else prefix, given names, family, suffix.
create or replace macro human_name(list) as
    list_transform([pick_name(list, today_utc())], lambda the_picked: name_text(the_picked))[1];

comment on macro human_name is 'A person''s name as one text, from a list of HumanNames';
