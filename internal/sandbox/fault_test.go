package sandbox_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/sandbox"
)

func TestParseFault(t *testing.T) {
	tests := []struct {
		spec string
		want sandbox.Fault
	}{
		{"cut-body", sandbox.Fault{Name: "cut-body"}},
		{"cut-body=2", sandbox.Fault{Name: "cut-body", Left: 2}},
		{"expires-once", sandbox.Fault{Name: "expires-once", Left: 1}},
		{"expires-once=3", sandbox.Fault{Name: "expires-once", Left: 3}},
		{"rate-limit", sandbox.Fault{Name: "rate-limit", Arg: "1"}},
		{"rate-limit:30@register=1", sandbox.Fault{Name: "rate-limit", Arg: "30", Where: "register", Left: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.spec, func(t *testing.T) {
			got, err := sandbox.ParseFault(tt.spec)
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
	for _, spec := range []string{"", "cut-body=0", "cut-body=often", "conflict@kitchen", "cut-body@download", "cut"} {
		if f, err := sandbox.ParseFault(spec); err == nil {
			t.Errorf("%q is read as %+v", spec, f)
		}
	}
	_, err := sandbox.ParseFault("cut-bodies")
	unknown, ok := errors.AsType[*sandbox.UnknownFailureError](err)
	if !ok || unknown.Hint() != "there are cut-body" {
		t.Errorf("error %v", err)
	}
}

// Every entry of the catalogue has a test that makes it happen.
func TestCatalogueIsTested(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(text)
	}
	for _, f := range sandbox.Failures() {
		if !regexp.MustCompile(`"` + regexp.QuoteMeta(f.Name) + `[":=@]`).MatchString(tests.String()) {
			t.Errorf("%s: no test names it", f.Name)
		}
		if f.Doc == "" || f.Area == "" {
			t.Errorf("%s: no text", f.Name)
		}
	}
}
