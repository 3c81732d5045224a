package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fhirwh/fhirwh/internal/sqltext"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// A param is the value of --param, NAME=VALUE.
type param warehouse.Param

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *param) UnmarshalText(text []byte) error {
	name, value, ok := strings.Cut(string(text), "=")
	name = strings.TrimPrefix(name, "$")
	if !ok || name == "" {
		return errors.New("write NAME=VALUE")
	}
	p.Name, p.Value = name, value
	return nil
}

// params returns the parameters, which must have different names and be asked for
// by a statement: one that is not is a slip, or was never there because the shell
// took $name for a variable of its own.
func (cmd *queryCmd) params(statements []string) ([]warehouse.Param, error) {
	var all []warehouse.Param
	asked := askedParams(statements)
	for _, p := range cmd.Param {
		same := func(name string) bool { return strings.EqualFold(name, p.Name) }
		if slices.ContainsFunc(all, func(q warehouse.Param) bool { return same(q.Name) }) {
			return nil, &usageError{fmt.Sprintf("parameter $%s is given twice", p.Name), "fhirwh query --help"}
		}
		if !slices.ContainsFunc(asked, same) {
			return nil, &usageError{fmt.Sprintf("the SQL has no parameter $%s", p.Name), cmd.adviseParam(asked)}
		}
		all = append(all, warehouse.Param(p))
	}
	return all, nil
}

// askedParams returns the names of the parameters of all statements. A statement
// may have them as ? too, which are called by their number.
func askedParams(statements []string) []string {
	var names []string
	for _, sql := range statements {
		names = append(names, sqltext.Parameters(sql)...)
		for i := range sqltext.Placeholders(sql) {
			names = append(names, fmt.Sprint(i+1))
		}
	}
	return names
}

func (cmd *queryCmd) adviseParam(asked []string) string {
	switch {
	case len(asked) > 0:
		return "it has $" + strings.Join(asked, ", $")
	case cmd.SQL != "" && cmd.SQL != "-":
		return "in single quotes $name reaches fhirwh; in double quotes the shell replaces it"
	}
	return "a parameter is written $name"
}

// missing makes a usage error of a parameter without a value.
func missing(err error) error {
	m, ok := errors.AsType[*warehouse.MissingParamError](err)
	if !ok {
		return err
	}
	return &usageError{err.Error(), fmt.Sprintf("--param %s=VALUE", m.Name)}
}
