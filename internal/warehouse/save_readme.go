package warehouse

import (
	_ "embed"
	"strings"
	"text/template"
)

//go:embed save_readme.md
var readmeText string

// readme is for people who get the folder and have never seen fhirwh.
func (m *Manifest) readme() (string, error) {
	t, err := template.New(readmeName).Funcs(template.FuncMap{"tableCell": tableCell}).Parse(readmeText)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	if err := t.Execute(&text, m.readmeData()); err != nil {
		return "", err
	}
	return text.String(), nil
}

// A readmeData is the manifest, and a file or folder of it for commands that
// people can copy.
type readmeData struct {
	*Manifest
	Last        string
	Partitioned bool
	Path        string // of the example; ends with a slash if it is a folder
	Glob        string // what DuckDB reads it by
	Folder      bool
}

func (m *Manifest) readmeData() *readmeData {
	d := &readmeData{Manifest: m, Last: "an unknown time", Path: "patients." + m.Format}
	if m.LastImport != nil {
		d.Last = m.LastImport.Format("2006-01-02 15:04 UTC")
	}
	for i := len(m.Tables) - 1; i >= 0; i-- {
		t := &m.Tables[i]
		d.Partitioned = d.Partitioned || t.PartitionBy != ""
		if where := t.Where(); where != "" {
			d.Path = where
		}
	}
	d.Glob, d.Folder = d.Path, strings.HasSuffix(d.Path, "/")
	if d.Folder {
		d.Glob += "**/*." + m.Format
	}
	return d
}

// Where is the file of a table, its folder with a slash at the end, or "" if it
// has no file.
func (t *SavedTable) Where() string {
	if len(t.Files) == 0 {
		return ""
	}
	if folder, _, split := strings.Cut(t.Files[0].Name, "/"); split {
		return folder + "/"
	}
	return t.Files[0].Name
}

// tableCell writes text as a tableCell of a Markdown table.
func tableCell(text string) string {
	return strings.NewReplacer("|", `\|`, "\r", " ", "\n", " ").Replace(text)
}
