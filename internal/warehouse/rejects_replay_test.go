package warehouse

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestReplayKeepsTheOriginalPlaces(t *testing.T) {
	db := newDB(t)
	path := filepath.Join(t.TempDir(), "a.jsonl")
	writeFile(t, path, strings.Join([]string{
		`{"resourceType":"Patient","id":"p","gender":"male"}`,
		`{"resourceType":"Patient","id":"q","gender":"female"`,
		`broken for good`,
		`{"resourceType":"Patient","id":"p","gender":"female"`,
	}, "\n"))
	importFile(t, db, path)
	importLines(t, db, "b.jsonl", `{"resourceType":"Patient","id":"r"}`)

	var file bytes.Buffer
	r, err := OpenReader(t.Context(), db, ReadOptions{Wait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := WriteRejects(&file, r.Rejects(t.Context(), 0, true)); n != 3 || err != nil {
		t.Fatalf("wrote %d rejects, error %v", n, err)
	}
	r.Close()
	repaired := strings.ReplaceAll(file.String(), `female\"`, `female\"}`)
	sum, err := Replay(t.Context(), db, ReadRejects(strings.NewReader(repaired)), testOptions(""))
	if err != nil {
		t.Fatal(err)
	}
	if sum.Rejected != 1 || sum.Total != (Counts{New: 1, Changed: 1, Unordered: 1}) {
		t.Errorf("summary: %+v, %d rejected", sum.Total, sum.Rejected)
	}
	expect(t, db, "select id, gender, _file, _line from Patient order by id", "p|female|1|4\nq|female|1|2\nr|NULL|2|1")
	expect(t, db, "select resource->>'$.gender', file, line from ledger.variants", "male|1|1")
	expect(t, db, "select line from ledger.rejects", "3")
	expect(t, db, "select rejected, replayed from ledger.files order by file", "3|2\n0|0")
	if _, err := Replay(t.Context(), db, ReadRejects(strings.NewReader(repaired)), testOptions("")); err == nil || !strings.Contains(err.Error(), "not among the rejects") {
		t.Errorf("a second replay: %v", err)
	}
	report, err := Verify(t.Context(), db, VerifyOptions{})
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("verify: %+v, %v", report, err)
	}
}
