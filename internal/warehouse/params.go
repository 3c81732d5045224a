package warehouse

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/duckdb/duckdb-go/v2/mapping"

	"github.com/fhirwh/fhirwh/internal/sqltext"
)

// A Param is a value for a parameter of a statement, $Name. The value is text,
// which becomes what the place of the parameter asks for, as a quoted text in SQL
// does.
type Param struct{ Name, Value string }

// A MissingParamError says that a statement has a parameter without a value.
type MissingParamError struct{ Name string }

func (e *MissingParamError) Error() string { return "no value for parameter $" + e.Name }

// A prepared statement is a question with its parameters in place.
type prepared struct {
	question
	stmt mapping.PreparedStatement
	open bool // DuckDB cannot tell the type of a parameter
}

func (p *prepared) drop() { mapping.DestroyPrepare(&p.stmt) }

// prepare prepares a question, which must be one statement. Nothing of it runs. A
// parameter whose type DuckDB cannot tell gets its value as text, or with spelled
// of the type that it is spelled as.
func (r *Reader) prepare(q question, spelled bool) (*prepared, error) {
	if strings.ContainsRune(q.sql, 0) {
		return nil, &QueryError{Text: "the statement has a NUL byte in it"}
	}
	p := &prepared{question: q}
	if mapping.Prepare(r.c.conn, q.sql, &p.stmt) == mapping.StateError {
		err := duckError(mapping.PrepareError(p.stmt))
		p.drop()
		return nil, err
	}
	if err := p.bind(spelled); err != nil {
		p.drop()
		return nil, err
	}
	return p, nil
}

func (p *prepared) bind(spelled bool) error {
	for i := mapping.IdxT(1); i <= mapping.NParams(p.stmt); i++ {
		param, err := paramOf(p.stmt, i, p.params)
		if err != nil {
			return err
		}
		open := paramType(p.stmt, i) == mapping.TypeInvalid // once it has a value, that of the value
		if !open || !spelled && !sqltext.IsOperand(p.sql, param.Name) || !bindSpelled(p.stmt, i, param.Value) {
			mapping.BindVarcharLength(p.stmt, i, param.Value, mapping.IdxT(len(param.Value)))
		}
		p.open = p.open || open
	}
	return nil
}

// paramOf returns the value for the parameter number i of stmt. Case does not
// matter.
func paramOf(stmt mapping.PreparedStatement, i mapping.IdxT, params []Param) (Param, error) {
	name := mapping.ParameterName(stmt, i)
	for _, p := range params {
		if !strings.EqualFold(p.Name, name) {
			continue
		}
		if !utf8.ValidString(p.Value) {
			return p, &QueryError{Text: "the value of parameter $" + name + " is no UTF-8 text"}
		}
		return p, nil
	}
	return Param{}, &MissingParamError{name}
}

// start runs a prepared statement, and drops it when its rows are closed. Where a
// text does not fit the place of a parameter whose type DuckDB cannot tell
// (year($day), range($n)), the value gets the type that it is spelled as. In a
// calculation it has that at once: as a text, '1.5' * 2 is 2 to DuckDB.
func (r *Reader) start(ctx context.Context, p *prepared) (*rows, error) {
	if ctx.Err() != nil {
		p.drop()
		return nil, context.Cause(ctx)
	}
	rows, err := r.c.run(ctx, p.stmt)
	if !p.open || !isClass(err, "Binder Error") {
		return rows, err
	}
	p, second := r.prepare(p.question, true)
	if second != nil {
		return nil, second
	}
	return r.c.run(ctx, p.stmt)
}

func paramType(stmt mapping.PreparedStatement, i mapping.IdxT) mapping.Type {
	t := mapping.ParamLogicalType(stmt, i)
	defer mapping.DestroyLogicalType(&t)
	return mapping.GetTypeId(t)
}

// bindSpelled gives a parameter its value as the type that it is spelled as: whole
// number, number, boolean, date or instant. It returns false if it is none of
// them.
func bindSpelled(stmt mapping.PreparedStatement, i mapping.IdxT, value string) bool {
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		mapping.BindInt64(stmt, i, n)
	} else if f, err := strconv.ParseFloat(value, 64); err == nil {
		mapping.BindDouble(stmt, i, f)
	} else if value == "true" || value == "false" {
		mapping.BindBoolean(stmt, i, value == "true")
	} else if t, err := time.Parse(time.DateOnly, value); err == nil {
		mapping.BindDate(stmt, i, mapping.NewDate(int32(t.Unix()/(24*60*60))))
	} else if t, err := time.Parse(time.RFC3339, value); err == nil {
		mapping.BindTimestampTZ(stmt, i, mapping.NewTimestamp(t.UnixMicro()))
	} else {
		return false
	}
	return true
}

// explainParams names the parameter whose value a statement could not use: raw
// says that a text did not convert. It returns nil if none of them is to blame.
func (r *Reader) explainParams(raw *Error, sql string, params []Param) *QueryError {
	if len(params) == 0 || raw.Class() != "Conversion Error" {
		return nil
	}
	var stmt mapping.PreparedStatement
	defer mapping.DestroyPrepare(&stmt)
	if mapping.Prepare(r.c.conn, sql, &stmt) == mapping.StateError {
		return nil
	}
	for i := mapping.IdxT(1); i <= mapping.NParams(stmt); i++ {
		p, err := paramOf(stmt, i, params)
		t := castTypes[paramType(stmt, i)]
		if err != nil || t == "" {
			continue
		}
		var ok bool
		err = r.c.value(context.Background(), &ok, "select try_cast(? as "+t+") is not null", p.Value)
		if err == nil && !ok {
			return &QueryError{Text: fmt.Sprintf("the value %q of parameter $%s is no %s", p.Value, p.Name, t), Advice: castHints[t], Err: raw}
		}
	}
	return nil
}

// castTypes are the types of parameters that a text may not fit.
var castTypes = map[mapping.Type]string{
	mapping.TypeBoolean: "BOOLEAN", mapping.TypeTinyInt: "TINYINT", mapping.TypeSmallInt: "SMALLINT", mapping.TypeInteger: "INTEGER",
	mapping.TypeBigInt: "BIGINT", mapping.TypeHugeInt: "HUGEINT", mapping.TypeUTinyInt: "UTINYINT", mapping.TypeUSmallInt: "USMALLINT",
	mapping.TypeUInteger: "UINTEGER", mapping.TypeUBigInt: "UBIGINT", mapping.TypeUHugeInt: "UHUGEINT", mapping.TypeFloat: "FLOAT",
	mapping.TypeDouble: "DOUBLE", mapping.TypeDecimal: "DOUBLE", mapping.TypeDate: "DATE", mapping.TypeTime: "TIME",
	mapping.TypeTimestamp: "TIMESTAMP", mapping.TypeTimestampTZ: "TIMESTAMPTZ", mapping.TypeInterval: "INTERVAL", mapping.TypeUUID: "UUID",
}

var castHints = map[string]string{
	"BOOLEAN":     "true or false",
	"DATE":        "a date is written 2024-12-31",
	"TIME":        "a time is written 23:59:00",
	"TIMESTAMP":   "an instant is written 2024-12-31 23:59:00",
	"TIMESTAMPTZ": "an instant is written 2024-12-31T23:59:00Z",
	"INTERVAL":    "an interval is written '3 months'",
}
