package warehouse

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestCodingsOfTheExample counts the codings of each path against a file, and holds
// those of CodeableConcepts, one by one, against the JSON.
func TestCodingsOfTheExample(t *testing.T) {
	c := importInto(t, "example", exampleExport)
	_, counts := textsOf(t, c, "select path, count(*) || ' codings, first ' || coalesce(min(system_name), '') || ' ' || coalesce(min(code), '') from codings group by path order by path")
	var b strings.Builder
	for _, row := range counts {
		b.WriteString(row[0] + ": " + row[1] + "\n")
	}
	golden(t, "codings.txt", b.String())

	_, rows := textsOf(t, c, `select concat_ws(' ', resource_type || '/' || resource_id, path, element, system, code, display, text)
		from codings
		where resource_id is not null
			and path not in ('Encounter.class', 'DocumentReference.content.format')
			and path not like 'ImagingStudy.%modality' and path not like 'QuestionnaireResponse.%.value'`) // Codings, not concepts
	want, several := codingsOf(t, exampleExport)
	got := map[string]bool{}
	for _, row := range rows {
		id, _, _ := strings.Cut(row[0], " ")
		if !several[id] {
			got[row[0]] = true
		}
	}
	for _, s := range slices.Sorted(maps.Keys(want)) {
		if !got[s] {
			t.Errorf("missing: %s", s)
		}
	}
	for _, s := range slices.Sorted(maps.Keys(got)) {
		if !want[s] {
			t.Errorf("not in the JSON: %s", s)
		}
	}
	if len(got) < 500 {
		t.Errorf("only %d codings", len(got))
	}
}

// codingsOf returns the codings of the CodeableConcepts in a file, with what has
// the shape of one taken for one, and the resources that have several contents.
func codingsOf(t *testing.T, file string) (all, several map[string]bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all, several = map[string]bool{}, map[string]bool{}
	lines := map[string]string{}
	for line := range strings.Lines(string(text)) {
		var r map[string]any
		if json.Unmarshal([]byte(line), &r) != nil || r["id"] == nil {
			continue
		}
		name := fmt.Sprintf("%s/%s", r["resourceType"], r["id"])
		if before := lines[name]; before != "" && before != line {
			several[name] = true
		}
		lines[name] = line
	}
	for name, line := range lines {
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if several[name] || strings.Contains(line, `"code":"entered-in-error"`) || r["status"] == "entered-in-error" {
			continue
		}
		for _, s := range codingsBelow(r, fmt.Sprintf("%s %s", name, r["resourceType"])) {
			all[s] = true
		}
	}
	return all, several
}

func codingsBelow(v any, path string) []string {
	var all []string
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			all = append(all, codingsBelow(item, path)...)
		}
	case map[string]any:
		if codings, ok := v["coding"].([]any); ok {
			return conceptCodings(v, codings, path)
		}
		for name, value := range v {
			if slices.Contains([]string{"contained", "meta", "extension", "modifierExtension"}, name) || name[0] == '_' {
				continue
			}
			if _, concept := value.(map[string]any); concept {
				name = strings.TrimSuffix(name, "CodeableConcept")
			}
			all = append(all, codingsBelow(value, path+"."+name)...)
		}
	}
	return all
}

func conceptCodings(concept map[string]any, codings []any, path string) []string {
	var all []string
	for i, c := range codings {
		coding, ok := c.(map[string]any)
		if !ok {
			continue
		}
		parts := []string{path, fmt.Sprint(i)}
		for _, v := range []any{coding["system"], coding["code"], coding["display"], concept["text"]} {
			if s, _ := v.(string); s != "" {
				parts = append(parts, s)
			}
		}
		all = append(all, strings.Join(parts, " "))
	}
	return all
}
