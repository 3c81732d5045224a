package parse_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/parse"
)

const page = "<!DOCTYPE html>\n<html><body>Service unavailable</body></html>\n"

// folderFiles are the files of a folder with all that may be found in one.
func folderFiles(t *testing.T) map[string]string {
	return map[string]string{
		"Patient.000.ndjson":       patient("a") + "\n",
		"b/Patient.ndjson":         patient("b"),
		"b/empty.ndjson":           "",
		"b.gz":                     string(gzipped(t, patient("c"))),
		"deleted/Patient.ndjson":   `{"resourceType":"Bundle","entry":[{"request":{"method":"DELETE","url":"Patient/a"}}]}`,
		"error/outcome.ndjson":     `{"resourceType":"OperationOutcome"}`,
		"manifest.json":            `{"transactionTime":"2024-01-01T00:00:00Z","output":[]}`,
		"wrapped.json":             `{"title":"\"resourceType\":","tests":[` + patient("x") + `]}` + "\n",
		"array.json":               "[{\"id\":\"x\"}, " + patient("g") + "]",
		"late.json":                `{"id":"h","contained":[{"resourceType":"Basic"}],"resourceType":"Patient"}`,
		"cut.json":                 `{"data":[` + patient("x"),
		"README.txt":               "An export.\nEach line is like this:\n" + patient("x"),
		"paper":                    "%PDF-1.7",
		"page.html":                page,
		"cut.txt":                  `tientId":"c"}` + "\n" + patient("d"),
		"failed.ndjson":            "Unauthorized",
		".hidden.ndjson":           patient("x"),
		".git/config.json":         patient("x"),
		"archive.zip":              string(zipped(t, zip.Deflate, "m.ndjson", patient("e"), "n.txt", "text")),
		"nothing.zip":              string(zipped(t, zip.Deflate, "n.txt", "text")),
		"far/away/in/some/p1.json": patient("f"),
	}
}

func TestReadFolder(t *testing.T) {
	dir := t.TempDir()
	for name, text := range folderFiles(t) {
		write(t, filepath.Join(dir, name), text)
	}
	link(t, "b/Patient.ndjson", filepath.Join(dir, "link.ndjson"))
	link(t, ".", filepath.Join(dir, "loop"))
	link(t, "nowhere", filepath.Join(dir, "broken"))
	want := []string{
		"Patient.000.ndjson: 1 Patient/a",
		"README.txt: (not FHIR: no JSON)",
		"archive.zip!m.ndjson: 1 Patient/e",
		"archive.zip!n.txt: (not FHIR: no JSON)",
		"array.json: 1.0 !no resourceType 1.1 Patient/g",
		"b.gz: 1 Patient/c",
		"Patient.ndjson: 1 Patient/b",
		"empty.ndjson:",
		"broken: (not FHIR: a link to nothing)",
		"cut.json: 1 !not JSON",
		"cut.txt: 1 !not JSON 2 Patient/d",
		"Patient.ndjson: 1 Bundle",
		"outcome.ndjson: 1 OperationOutcome",
		"failed.ndjson: 1 !not JSON",
		"p1.json: 1 Patient/f",
		"late.json: 1 Patient/h",
		"manifest.json: (not FHIR: no resources in it)",
		"nothing.zip!n.txt: (not FHIR: no JSON)",
		"page.html: (not FHIR: an HTML page)",
		"paper: (not FHIR: a PDF document)",
		"wrapped.json: (not FHIR: resources only inside other JSON)",
	}
	r, err := read(t, parse.Options{}, dir)
	if got := strings.TrimSpace(r.String()); err != nil || got != strings.Join(want, "\n") {
		t.Errorf("error %v\ngot\n%s\nwant\n%s", err, got, strings.Join(want, "\n"))
	}
	for _, f := range r.files {
		if skipped := strings.HasPrefix(f.Note, parse.NoteForeign); f.Skipped() != skipped {
			t.Errorf("%s: Skipped is %v", f.Name, f.Skipped())
		}
	}
}

func link(t *testing.T, to, from string) {
	t.Helper()
	if err := os.Symlink(to, from); err != nil {
		t.Fatal(err)
	}
}

func TestReadOnce(t *testing.T) {
	dir := t.TempDir()
	a := write(t, filepath.Join(dir, "a.ndjson"), patient("a"))
	b := write(t, filepath.Join(dir, "sub", "b.ndjson"), patient("b"))
	link(t, a, filepath.Join(dir, "z.ndjson"))
	tests := []struct {
		name  string
		paths []string
		want  string
	}{
		{"twice", []string{a, a}, "a.ndjson: 1 Patient/a\n"},
		{"as named", []string{b, a}, "b.ndjson: 1 Patient/b\na.ndjson: 1 Patient/a\n"},
		{"file, then its folder", []string{b, dir}, "b.ndjson: 1 Patient/b\na.ndjson: 1 Patient/a\n"},
		{"folder, then its file", []string{filepath.Dir(b), b}, "b.ndjson: 1 Patient/b\n"},
		{"files, then a folder of nothing else", []string{b, filepath.Dir(b)}, "b.ndjson: 1 Patient/b\n"},
		{"another way there", []string{a, filepath.Join(dir, "sub", "..", "a.ndjson")}, "a.ndjson: 1 Patient/a\n"},
		{"pattern", []string{filepath.Join(dir, "*.ndjson")}, "a.ndjson: 1 Patient/a\n"},
		{"pattern with folders", []string{filepath.Join(dir, "[as]*")}, "a.ndjson: 1 Patient/a\nb.ndjson: 1 Patient/b\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := read(t, parse.Options{}, tt.paths...)
			if err != nil || r.String() != tt.want {
				t.Errorf("error %v\ngot  %swant %s", err, r.String(), tt.want)
			}
		})
	}
	var labels []string
	err := parse.Read(t.Context(), []parse.Source{{"x", a}, {"y", a}}, parse.Options{}, func(b *parse.Block) error {
		labels = append(labels, b.File.Source)
		return nil
	})
	if err != nil || fmt.Sprint(labels) != "[x y]" {
		t.Errorf("one file under two labels is read under %q; error %v", labels, err)
	}
}

func TestReadNamesThatLookLikePatterns(t *testing.T) {
	path := write(t, "a[1].ndjson", patient("a"))
	r, err := read(t, parse.Options{}, path)
	if want := "a[1].ndjson: 1 Patient/a\n"; err != nil || r.String() != want {
		t.Errorf("got %q, want %q; error %v", r.String(), want, err)
	}
}

func TestReadRefuses(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	utf16le, utf16be := "", ""
	for _, c := range `{"resource":1}` {
		utf16le += string([]byte{byte(c), 0})
		utf16be += string([]byte{0, byte(c)})
	}
	tests := []struct {
		name, in string // a file of this name and content, or no file
		path     string // or this
		want     string
		kind     error
	}{
		{"missing", "", filepath.Join(dir, "missing"), "missing: no such file or directory", fs.ErrNotExist},
		{"pattern", "", filepath.Join(dir, "*.x"), "*.x: no file has a name like this", parse.ErrNothing},
		{"bad pattern", "", filepath.Join(dir, "[a*"), "[a*: not a valid pattern", filepath.ErrBadPattern},
		{"empty folder", "", empty, "empty: no files in this folder", parse.ErrNothing},
		{"folder of other things", "", filepath.Dir(write(t, filepath.Join(dir, "f", "a.txt"), "text")), "f: no FHIR files in this folder (looked at 1)", parse.ErrNothing},

		{"page.jsonl", page, "", "page.jsonl: is an HTML page, not FHIR JSON (it may be an error page of the server: download the file again)", parse.ErrForeign},
		{"page with a mark", "\xEF\xBB\xBF\n<html>", "", "is an HTML page", parse.ErrForeign},
		{"fhir.xml", `<?xml version="1.0"?><Patient xmlns="http://hl7.org/fhir"/>`, "", "fhir.xml: is XML, not FHIR JSON (export the resources as JSON)", parse.ErrForeign},
		{"a.pdf", "%PDF-1.7\n", "", "a.pdf: is a PDF document, not FHIR JSON", parse.ErrForeign},
		{"a.duckdb", "12345678DUCK@\x00\x00", "", "is a DuckDB database", parse.ErrForeign},
		{"binary", "\x01\x02\x00\x03", "", "is binary data", parse.ErrForeign},
		{"zeros", strings.Repeat("\x00", 1000) + patient("a"), "", "is binary data", parse.ErrForeign},
		{"UTF-16 with mark", "\xFF\xFE" + utf16le, "", "is UTF-16 text, not FHIR JSON (convert it first: iconv -f UTF-16 -t UTF-8)", parse.ErrForeign},
		{"UTF-16, big-endian, with mark", "\xFE\xFF" + utf16be, "", "iconv -f UTF-16 -t UTF-8", parse.ErrForeign},
		{"UTF-16", utf16le, "", "iconv -f UTF-16LE -t UTF-8", parse.ErrForeign},
		{"UTF-16, big-endian", utf16be, "", "iconv -f UTF-16BE -t UTF-8", parse.ErrForeign},
		{"a.xz", "\xFD7zXZ\x00\x00\x04", "", "is compressed with xz, not FHIR JSON (unpack it first)", parse.ErrForeign},
		{"a.tar.gz", string(gzipped(t, tarHeader())), "", "is a tar archive", parse.ErrForeign},
		{"thrice.gz", string(gzipped(t, string(gzipped(t, string(gzipped(t, patient("a"))))))), "", "compressed more than 2 times (unpack it first)", parse.ErrForeign},
		{"texts.zip", string(zipped(t, zip.Deflate, "a.txt", "text")), "", "texts.zip: no FHIR files in this archive", parse.ErrNothing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := tt.path
			if path == "" {
				path = write(t, tt.name, tt.in)
			}
			_, err := read(t, parse.Options{}, path)
			e, ok := errors.AsType[*parse.InputError](err)
			if !ok || !strings.Contains(err.Error(), tt.want) || !errors.Is(err, tt.kind) {
				t.Fatalf("got %v\nwant %s", err, tt.want)
			}
			if !strings.HasPrefix(err.Error(), e.Name) || strings.Contains(err.Error(), "\n") {
				t.Errorf("not one line that begins with the name: %q", err)
			}
		})
	}
}

// In a folder, a file that promises resources by its name and has a page of the
// server instead is an error: resources are missing.
func TestReadFolderWithBrokenPromise(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "Observation.ndjson"), page)
	write(t, filepath.Join(dir, "Patient.ndjson"), patient("a"))
	_, err := read(t, parse.Options{}, dir)
	if !errors.Is(err, parse.ErrForeign) || !strings.Contains(err.Error(), "Observation.ndjson: is an HTML page") {
		t.Errorf("got %v", err)
	}
}

func TestReadUnreadable(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	path := write(t, "a.ndjson", patient("a"))
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, parse.Options{}, path); !errors.Is(err, fs.ErrPermission) || !strings.HasSuffix(err.Error(), "a.ndjson: permission denied") {
		t.Errorf("got %v", err)
	}
}

func TestReadErrorQuotesNothing(t *testing.T) {
	const canary = "ZQX-CANARY-1985-04-12"
	for name, in := range map[string]string{
		"page": "<html>" + canary, "binary": "\x00" + canary, "gz": string(gzipped(t, canary)[:20]), "xml": "<" + canary + ">",
	} {
		if _, err := read(t, parse.Options{}, write(t, name, in)); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadStandardInput(t *testing.T) {
	for name, in := range map[string]string{"plain": patients(3), "gzip": string(gzipped(t, patients(3)))} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for i := range len(in) {
				if _, err := w.WriteString(in[i : i+1]); err != nil {
					t.Error(err)
				}
			}
			w.Close()
		}()
		stdin := os.Stdin
		os.Stdin = r
		got, err := read(t, parse.Options{}, "-", "-")
		os.Stdin = stdin
		if want := "-: 1 Patient/0 2 Patient/1 3 Patient/2\n"; err != nil || got.String() != want {
			t.Errorf("%s: got %q, want %q; error %v", name, got.String(), want, err)
		}
		if f := got.files[0]; f.Size != int64(len(in)) {
			t.Errorf("%s: size %d, want %d", name, f.Size, len(in))
		}
	}
}

func TestReadArchiveFromStandardInput(t *testing.T) {
	f, err := os.Open(write(t, "a.zip", string(zipped(t, zip.Deflate, "a", patient("a")))))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	stdin := os.Stdin
	os.Stdin = f
	defer func() { os.Stdin = stdin }()
	if _, err := read(t, parse.Options{}, "-"); err == nil || !strings.Contains(err.Error(), "is a zip archive in a stream, not FHIR JSON (name the file)") {
		t.Errorf("got %v", err)
	}
}

func TestTotalSize(t *testing.T) {
	dir := t.TempDir()
	a := write(t, filepath.Join(dir, "a"), "12345")
	write(t, filepath.Join(dir, "b", "c"), "678")
	tests := []struct {
		paths []string
		size  int64
		known bool
	}{
		{nil, 0, true},
		{[]string{a}, 5, true},
		{[]string{dir, a}, 8, true},
		{[]string{filepath.Join(dir, "*")}, 8, true},
		{[]string{a, "-"}, 5, false},
		{[]string{a, filepath.Join(dir, "missing")}, 0, false},
	}
	for _, tt := range tests {
		var sources []parse.Source
		for _, path := range tt.paths {
			sources = append(sources, parse.Source{Path: path})
		}
		if size, known := parse.TotalSize(sources); size != tt.size || known != tt.known {
			t.Errorf("%q: got %d, %v, want %d, %v", tt.paths, size, known, tt.size, tt.known)
		}
	}
}

func TestSkip(t *testing.T) {
	a, b := write(t, "a", patients(3)), write(t, "b", patients(4))
	known, err := parse.SumFile(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	archive := write(t, "c.zip", string(zipped(t, zip.Deflate, "m", patients(3), "n", patients(1))))
	var asked []string
	o := parse.Options{Skip: func(f *parse.File, sum func() ([16]byte, error)) (bool, error) {
		asked = append(asked, fmt.Sprintf("%s %d", filepath.Base(f.Name), f.Size))
		got, err := sum()
		return got == known || strings.HasSuffix(f.Name, "!m"), err
	}}
	r, err := read(t, o, a, b, archive)
	want := "a: (skipped)\nb: 1 Patient/0 2 Patient/1 3 Patient/2 4 Patient/3\nc.zip!m: (skipped)\nc.zip!n: 1 Patient/0\n"
	if err != nil || r.String() != want {
		t.Errorf("error %v\ngot  %swant %s", err, r.String(), want)
	}
	if f := r.files[0]; f.Size != int64(len(patients(3))) || f.Sum != known || !f.Skipped() {
		t.Errorf("skipped file is %+v", f)
	}
	if len(asked) != 4 || asked[0] != fmt.Sprintf("a %d", len(patients(3))) {
		t.Errorf("asked for %q", asked)
	}
	fail := errors.New("no")
	o.Skip = func(*parse.File, func() ([16]byte, error)) (bool, error) { return false, fail }
	if _, err := read(t, o, a); err != fail {
		t.Errorf("got %v, want the error of Skip", err)
	}
}

func tarHeader() string {
	b := bytes.Repeat([]byte{0}, 1024)
	copy(b, "Patient.ndjson")
	copy(b[257:], "ustar")
	return string(b)
}
