-- Notes that can be read in SQL, and how long they are
select date, type, author, content_type, length(text) as characters, left(replace(text, chr(10), ' '), 40) as begins
from documents
where text is not null
order by date desc, type
limit 5
