-- Resources with values that no column fits: what R4 does not know, or of another type than
-- it says. Written for Observation; the program puts in the names of other tables.
select _source, id, _extra
from Observation
where _extra is not null
