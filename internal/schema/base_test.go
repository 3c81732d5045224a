package schema_test

import (
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/schema"
)

func TestBase(t *testing.T) {
	for _, typ := range schema.Resources() {
		table := schema.Base(typ)
		if !strings.HasPrefix(text(table.Columns), "id meta(lastUpdated") {
			t.Errorf("%s: %s", typ.Name, text(table.Columns))
		}
		if n := table.Leaves(); n > 200 {
			t.Errorf("%s has %d leaves: that is not lean", typ.Name, n)
		}
		everyStructHasAField(t, typ.Name, table.Columns)
		if g := table.Complete(); len(g.New)+len(g.Changed)+len(g.Refused) > 0 {
			t.Errorf("%s is not complete: new %s, changed %s", typ.Name, names(g.New), names(g.Changed))
		}
	}
	if got := text(schema.Base(schema.Unknown()).Columns); got != "resourceType id" {
		t.Errorf("Unknown: %s", got)
	}
}

// Each call gives a table of its own.
func TestBaseIsNotShared(t *testing.T) {
	typ := schema.Resource("Account")
	schema.Base(typ).Grow(shapes(t, typ, "language meta.source"))
	if got := text(schema.Base(typ).Columns); got != "id meta(lastUpdated)" {
		t.Errorf("got %s", got)
	}
}

// A table is made lean; a column that the data bring has all that views read in it.
func TestNewTablesGrowByWhatIsRead(t *testing.T) {
	typ := schema.Resource("Patient")
	table := schema.New(typ)
	if got := text(table.Columns); got != "id meta(lastUpdated)" {
		t.Errorf("new: %s", got)
	}
	table.Grow(shapes(t, typ, "telecom.value"))
	want := schema.Base(typ).Column(at(t, "Patient.telecom")).SQL()
	if got := table.Column(at(t, "Patient.telecom")).SQL(); got != want {
		t.Errorf("telecom is %s, want %s", got, want)
	}
}

func TestCompleteGivesAnOldTableWhatItLacks(t *testing.T) {
	typ := schema.Resource("Observation")
	subject := at(t, "Observation.subject")
	photo := &schema.Node{Element: at(t, "Observation.device"), Fields: []*schema.Node{{Element: at(t, "Reference.id")}}}
	table := &schema.Table{Type: typ, Columns: []*schema.Node{photo}}
	g := table.Complete()
	if names(g.Changed) != "device" || names(g.New) != "id meta" || table.Column(subject) != nil {
		t.Errorf("changed %q, columns %s", names(g.Changed), names(table.Columns))
	}
	if got := text([]*schema.Node{photo}); !strings.HasPrefix(got, "device(id reference") {
		t.Errorf("got %s", got)
	}
}
