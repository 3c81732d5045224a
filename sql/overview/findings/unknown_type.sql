-- Resources of types that R4 does not know.
select _source, id, _file, _line, _extra
from Unknown
