package warehouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/parse"
)

func verify(t *testing.T, db string, o VerifyOptions, paths ...string) *VerifyReport {
	t.Helper()
	for _, p := range paths {
		o.Sources = append(o.Sources, parse.Source{Label: "default", Path: p})
	}
	r, err := Verify(t.Context(), db, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// reportText is a report in few words: the counts that are not 0, problems, differences.
func reportText(r *VerifyReport) string {
	var all []string
	for _, c := range []struct {
		name string
		n    int64
	}{
		{"same", r.Total.Same}, {"replaced", r.Total.Replaced}, {"different", r.Total.Different}, {"missing", r.Total.Missing},
		{"rejected", r.Total.Rejected}, {"reject missing", r.Total.RejectMissing},
	} {
		if c.n > 0 {
			all = append(all, fmt.Sprintf("%d %s", c.n, c.name))
		}
	}
	for _, p := range r.Problems {
		all = append(all, fmt.Sprintf("%s: %s", p.Table, p.Kind))
	}
	for _, d := range r.Differences {
		all = append(all, strings.TrimSpace(fmt.Sprintf("line %d %s %s %s", d.Line, d.Type, d.Kind, listed(d.Elements))))
	}
	for _, p := range r.Replaced {
		all = append(all, fmt.Sprintf("line %d %s replaced", p.Line, p.Type))
	}
	if r.OK() != (len(r.Problems) == 0 && len(r.Differences) == 0) {
		all = append(all, "OK is wrong")
	}
	if t := r.Total; t.Resources != t.Same+t.Replaced+t.Different+t.Missing {
		all = append(all, "counts are wrong")
	}
	return strings.Join(all, ", ")
}

const verifySource = `{"resourceType":"Patient","id":"p","gender":"male","name":[{"given":["A",null,"B"],"_given":[null,{"id":"x"},null]}],"multipleBirthInteger":2.0}
{"resourceType":"Observation","id":"o","status":"final","valueQuantity":{"value":1.50},"component":[]}
{"resourceType":"Composition","title":"without id"}
{"resourceType":"Nonsense","id":"n","x":1e3}
{"resourceType":"Bundle","id":"b","type":"batch","entry":[{"fullUrl":"u","resource":{"resourceType":"Patient","id":"q"}},{"resource":null,"request":{"method":"DELETE","url":"Patient/1"}},{"resource":{"resourceType":"Bundle","id":"in","entry":[{"resource":{"resourceType":"Basic","id":"x"}},{"resource":{"resourceType":5}}]}},{"resource":{"resourceType":"Basic","id":"y","a":1,"a":2}}]}
no JSON
{"resourceType":"Patient","id":"p","gender":"female"}
`

func TestVerifyFindsWhatChanged(t *testing.T) {
	tests := []struct {
		name string
		sql  string // what somebody did to the warehouse
		want string // in words, without "9 same" and "2 rejected" where it says so
	}{
		{"nothing", "", "9 same, 2 rejected"},
		{"a text", `update Observation set status = 'amended'`, "8 same, 1 different, 2 rejected, line 2 Observation different text:/status"},
		{"a digit", `update Observation set _extra = '{"/component":[],"/valueQuantity/value":{"$number":"1.500"}}'`,
			"8 same, 1 different, 2 rejected, line 2 Observation different number:/valueQuantity/value"},
		{"an empty list", `update Observation set _extra = '{"/valueQuantity/value":{"$number":"1.50"}}'`,
			"8 same, 1 different, 2 rejected, line 2 Observation different missing:/component"},
		{"a number of a type that R4 does not know", `update Unknown set _extra = replace(_extra, '1e3', '1000')`, "8 same, 1 different, 2 rejected, line 4 Unknown different number:/?"},
		{"an element more", `alter table Observation add column valueString varchar; update Observation set valueString = 'x'`, "8 same, 1 different, 2 rejected, line 2 Observation different added:/valueString"},
		{"a variant", `update ledger.variants set resource = replace(resource, 'A', 'a')`, "8 same, 1 different, 2 rejected, line 1 Patient different text:/name/0/given/0"},
		{"a variant is gone", `delete from ledger.variants`,
			"8 same, 1 different, 2 rejected, line 1 Patient different text:/gender missing:/multipleBirthInteger missing:/name"},
		{"a padding null", `update ledger.variants set resource = replace(resource, ',null,"B"', ',"B"')`,
			"8 same, 1 different, 2 rejected, line 1 Patient different length:/name/0/given type:/name/0/given/1"},
		{"a resource without id", `update Composition set title = 'x'`, "8 same, 1 missing, 2 rejected, line 3 Composition missing"},
		{"a row is gone", `delete from Observation; update ledger.imports set types = list_transform(types, lambda t: struct_update(t, new := if(t.resource_type = 'Observation', 0, t.new)))`,
			"8 same, 1 missing, 2 rejected, ledger.imports: ledger, line 2 Observation missing"},
		{"a row is gone and the ledger says so", `delete from Observation`, "8 same, 1 missing, 2 rejected, Observation: ledger, line 2 Observation missing"},
		{"an envelope", `update Bundle set entry = list_transform(entry, lambda e: struct_update(e, fullUrl := 'v')) where id = 'b'`,
			"8 same, 1 different, 2 rejected, line 5 Bundle different text:/entry/0/fullUrl added:/entry/1/fullUrl added:/entry/2/fullUrl added:/entry/3/fullUrl"},
		{"an entry", `update Basic set id = 'z'`, "8 same, 1 missing, 2 rejected, line 5 Basic missing"},
		{"what stays in the envelope", `update Bundle set _extra = null where id = 'in'`,
			"8 same, 1 different, 2 rejected, line 5 Bundle different missing:/entry/1/resource"},
		{"a source", `update Observation set _source = 'other'; update ledger.files set source = 'other'`,
			"8 same, 1 missing, 2 rejected, Basic: ledger, Bundle: ledger, Composition: ledger, Patient: ledger, Unknown: ledger, line 2 Observation missing"},
		{"a reject", `delete from ledger.rejects where reason = 'not JSON'`, "9 same, 2 rejected, 1 reject missing, ledger.rejects: ledger, line 6  reject missing"},
		{"an _extra that leads nowhere", `update Patient set _extra = '{"/name/7/text":"x"}' where id = 'q'`, "8 same, 1 missing, 2 rejected, Patient: not rebuilt, line 5 Patient missing"},
		{"an _extra that is none", `update Patient set _extra = '{"a":1}' where id = 'q'`, "8 same, 1 missing, 2 rejected, Patient: not rebuilt, line 5 Patient missing"},
		{"an identity twice", `insert into Patient from Patient where id = 'q'; insert into Composition from Composition`,
			"9 same, 2 rejected, Composition: identity twice, Patient: identity twice, Composition: ledger, Patient: ledger"},
		{"a replayed reject", `delete from ledger.rejects where reason = 'not JSON'; update ledger.files set replayed = 1`, "9 same, 2 rejected"},
		{"a file", `delete from ledger.files`, "9 same, 2 rejected, ledger.files: ledger, ledger.rejects: ledger, ledger.variants: ledger, " +
			"ledger.bundle_entries: ledger, Basic: ledger, Bundle: ledger, Composition: ledger, Observation: ledger, Patient: ledger, Unknown: ledger"},
	}
	source := filepath.Join(t.TempDir(), "a.jsonl")
	writeFile(t, source, verifySource)
	c := emptyWarehouse(t)
	if !loadOnly(t, c, testOptions(source)) {
		t.Fatal("nothing to load")
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inTransaction(t, c, func() {
				if err := c.exec(t.Context(), tt.sql); tt.sql != "" && err != nil {
					t.Fatal(err)
				}
				if got := reportText(verifyIn(t, c, source)); got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
			})
		})
	}
}

// inTransaction undoes what do does.
func inTransaction(t *testing.T, c *conn, do func()) {
	t.Helper()
	if err := c.exec(t.Context(), "begin"); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.exec(context.WithoutCancel(t.Context()), "rollback"); err != nil {
			t.Fatal(err)
		}
	}()
	do()
}

func verifyIn(t *testing.T, c *conn, source string) *VerifyReport {
	t.Helper()
	v := newVerifier(t.Context(), c, VerifyOptions{Sources: testOptions(source).Sources})
	if err := v.run(); err != nil {
		t.Fatal(err)
	}
	return v.report
}

// What a later version replaced is told from what was lost.
func TestVerifyTellsReplacedFromLost(t *testing.T) {
	const (
		old   = `{"resourceType":"Patient","id":"p","gender":"male","meta":{"lastUpdated":"2020-01-01T00:00:00Z"}}`
		late  = `{"resourceType":"Patient","id":"p","gender":"other","meta":{"lastUpdated":"2021-01-01T00:00:00+02:00"}}`
		plain = `{"resourceType":"Patient","id":"p","gender":"unknown"}`
	)
	dir := t.TempDir()
	file := func(name string, lines ...string) string {
		path := filepath.Join(dir, name)
		writeFile(t, path, strings.Join(lines, "\n"))
		return path
	}
	oldFile, lateFile, plainFile := file("old", old), file("late", late), file("plain", plain)
	both := file("both", old, late)
	const lost = "delete from ledger.variants"
	tests := []struct {
		name    string
		imports []string
		sql     string
		verify  string
		want    string
	}{
		{"replaced", []string{oldFile, lateFile}, "", oldFile, "1 replaced, line 1 Patient replaced"},
		{"superseded when it came", []string{lateFile, oldFile}, "", oldFile, "1 replaced, line 1 Patient replaced"},
		{"variant", []string{oldFile, plainFile}, "", oldFile, "1 same"},
		{"lost variant", []string{oldFile, plainFile}, lost, oldFile, "1 different, line 1 Patient different text:/gender missing:/meta"},
		{"not dated", []string{plainFile, lateFile}, lost, plainFile, "1 different, line 1 Patient different text:/gender added:/meta"},
		{"one import keeps all", []string{both}, "", both, "2 same"},
		{"one import lost a version", []string{both}, lost, both, "1 same, 1 different, line 1 Patient different text:/gender text:/meta/lastUpdated"},
		{"never imported, but later is there", []string{lateFile}, "", both, "1 same, 1 replaced, line 1 Patient replaced"},
		{"never imported, and later than what is there", []string{oldFile}, "", both, "1 same, 1 different, line 2 Patient different text:/gender text:/meta/lastUpdated"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := emptyWarehouse(t)
			for _, path := range tt.imports {
				loadOnly(t, c, testOptions(path))
			}
			if err := c.exec(t.Context(), tt.sql); tt.sql != "" && err != nil {
				t.Fatal(err)
			}
			if got := reportText(verifyIn(t, c, tt.verify)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// Every block of the file is damaged in turn: verify must notice each one that
// holds data.
func TestVerifyFindsDamagedBlocks(t *testing.T) {
	const canary = "ZQX-CANARY"
	var lines []string
	for i := range 3000 {
		lines = append(lines, fmt.Sprintf(`{"resourceType":"Patient","id":"%s%d","name":[{"family":"%x"}]}`, canary, i, i*i*7919))
	}
	whole := newDB(t)
	importLines(t, whole, "a.jsonl", lines...)
	file, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	const header, block = 3 * 4096, 256 << 10
	for at := header; at < len(file); at += block {
		db := newDB(t)
		damaged := append([]byte(nil), file...)
		damaged[at+1000] ^= 1
		if err := os.WriteFile(db, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Verify(t.Context(), db, VerifyOptions{})
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("block at %d: %v", at, err)
			}
			continue
		}
		for _, p := range r.Problems {
			if p.Kind == "damaged" && p.Table == "Patient" {
				found++
			}
			if strings.Contains(fmt.Sprint(p), canary) {
				t.Errorf("data in the report: %v", p)
			}
		}
	}
	if found == 0 {
		t.Error("no damaged block of Patient was found")
	}
}

func TestVerifyShowsValuesOnlyWhenAsked(t *testing.T) {
	const canary = "ZQX-CANARY"
	db, path := newDB(t), filepath.Join(t.TempDir(), "a.jsonl")
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"`+canary+`","gender":"a"}`)
	writeFile(t, path, `{"resourceType":"Patient","id":"`+canary+`","gender":"`+canary+`","`+canary+`":1}
{"resourceType":"Patient","id":"`+canary+`2"}
`+canary)
	for _, show := range []bool{false, true} {
		r := verify(t, db, VerifyOptions{ShowValues: show}, path)
		text, err := json.Marshal(r)
		if err != nil || r.Total.Differences() != 3 {
			t.Fatalf("%d differences, error %v", r.Total.Differences(), err)
		}
		if strings.Contains(string(text), canary) != show {
			t.Errorf("show %v: %s", show, text)
		}
	}
}

func TestVerifyLimitsItsLists(t *testing.T) {
	db, path := newDB(t), filepath.Join(t.TempDir(), "a.jsonl")
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p"}`)
	writeFile(t, path, `{"resourceType":"Patient","id":"a"}
{"resourceType":"Patient","id":"b"}
{"resourceType":"Patient","id":"p","gender":"x","active":true,"birthDate":"2000"}
`)
	r := verify(t, db, VerifyOptions{MaxListed: 2}, path)
	if got, want := reportText(r), "1 different, 2 missing, line 1 Patient missing, line 2 Patient missing"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(r.Sources) != 1 || r.Sources[0].Import != 0 || r.Sources[0].Missing != 2 {
		t.Errorf("files: %+v", r.Sources)
	}
}

// Many suspects are settled in rounds, and blocks are counted in order.
func TestVerifyManySuspects(t *testing.T) {
	var sent, kept []string
	for i := range 60_000 {
		sent = append(sent, fmt.Sprintf(`{"resourceType":"Patient","id":"%d","active":true}`, i))
		if i%10 == 0 {
			kept = append(kept, fmt.Sprintf(`{"resourceType":"Patient","id":"%d","active":%v}`, i, i%20 == 0))
		}
	}
	db, path := newDB(t), filepath.Join(t.TempDir(), "a.jsonl")
	importLines(t, db, "a.jsonl", kept...)
	writeFile(t, path, strings.Join(sent, "\n"))
	r := verify(t, db, VerifyOptions{MaxListed: 2, Parse: parse.Options{BlockSize: 10_000}}, path)
	if got, want := reportText(r), "3000 same, 3000 different, 54000 missing, line 2 Patient missing, line 3 Patient missing"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestVerifyStops(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p"}`)
	if _, err := Verify(t.Context(), db, VerifyOptions{Sources: []parse.Source{{Label: "default", Path: db + ".gone"}}}); err == nil {
		t.Error("a source that is not there: no error")
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errFull)
	if _, err := Verify(ctx, db, VerifyOptions{}); !errors.Is(err, errFull) {
		t.Errorf("context that ended: %v", err)
	}
}
