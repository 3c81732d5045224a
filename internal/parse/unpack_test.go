package parse_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/fhirwh/fhirwh/internal/parse"
)

func gzipped(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstandard(t testing.TB, text string) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll([]byte(text), nil)
}

// zipped makes an archive of members: name, content, name, content.
func zipped(t testing.TB, method uint16, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		m, err := w.CreateHeader(&zip.FileHeader{Name: members[i], Method: method})
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(m, members[i+1])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bzipped is what bzip2 -9 makes of the resources Patient/a and Patient/b, a line each:
// the standard library can only read it.
func bzipped(t testing.TB) []byte {
	t.Helper()
	b, err := hex.DecodeString("425a6839314159265359a682461b0000225b8000101004001044003e21de2a200050a34640d1a64681554d0341ea068f" +
		"525642152a9446c2aa6ea59d2ced7b062e157a94b262f9094a59bf177245385090a682461b")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func join(parts ...[]byte) string { return string(bytes.Join(parts, nil)) }

func TestUnpack(t *testing.T) {
	a, b := patient("a")+"\n", patient("b")+"\n"
	ab := a + b
	const want = " 1 Patient/a 2 Patient/b"
	const twice = " 1 Patient/a 2 Patient/b 3 Patient/a 4 Patient/b"
	const open = " (end not verifiable)"
	skippable := []byte("\x50\x2A\x4D\x18\x03\x00\x00\x00abc")
	tests := []struct{ name, in, want string }{
		{"plain.gz", ab, want},
		{"gzip", string(gzipped(t, ab)), want},
		{"gzip, no content", string(gzipped(t, "")), ""},
		{"gzip members", join(gzipped(t, a), gzipped(t, b)), want + open},
		{"gzip members, the last one empty", join(gzipped(t, a), gzipped(t, b), gzipped(t, "")), want},
		{"gzip, cut between members is not seen", join(gzipped(t, a)), " 1 Patient/a"},
		{"gzip, member within a line", join(gzipped(t, ab[:10]), gzipped(t, ab[10:])), want + open},
		{"gzip twice", string(gzipped(t, string(gzipped(t, ab)))), want},
		{"gzip with mark", string(gzipped(t, "\xEF\xBB\xBF"+ab)), want},
		{"zstd", string(zstandard(t, ab)), want},
		{"zstd frames", join(zstandard(t, a), zstandard(t, b)), want + open},
		{"zstd, skippable frames", join(skippable, zstandard(t, ab), skippable), want},
		{"zstd in gzip", string(gzipped(t, string(zstandard(t, ab)))), want},
		{"bzip2", join(bzipped(t)), want},
		{"bzip2 streams", join(bzipped(t), bzipped(t)), twice + open},
		{"zip", string(zipped(t, zip.Deflate, "dir/m", ab)), want},
		{"zip, stored", string(zipped(t, zip.Store, "m", ab)), want},
		{"zip, gzip in it", string(zipped(t, zip.Store, "m", string(gzipped(t, ab)))), want},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, o := range []parse.Options{{}, {BlockSize: 10}} {
				r, err := read(t, o, write(t, "x", tt.in))
				got := strings.TrimSpace(r.String())
				_, got, _ = strings.Cut(got, ":")
				if err != nil || got != tt.want {
					t.Errorf("blocks of %d: error %v\ngot  %s\nwant %s", o.BlockSize, err, got, tt.want)
				}
			}
		})
	}
}

func TestUnpackDamaged(t *testing.T) {
	text := patients(3000)
	gz, zst, bz := gzipped(t, text), zstandard(t, text), bzipped(t)
	archive := zipped(t, zip.Deflate, "m", text)
	flip := func(b []byte, at int) string {
		b = bytes.Clone(b)
		b[at] ^= 0x55
		return string(b)
	}
	const again = "the file is damaged (get it again)"
	const cutOff = "the file is cut off (get it again)"
	const checksum = "the checksum is wrong, so the file is damaged (get it again)"
	const trailing = "something else follows the compressed data (get it again, or unpack it first)"
	tests := []struct{ name, in, want string }{
		{"gzip, only the magic number", "\x1F\x8B", "gzip: " + cutOff},
		{"gzip, cut in the header", string(gz[:8]), "gzip: " + cutOff},
		{"gzip, cut", string(gz[:len(gz)/2]), "gzip: " + cutOff},
		{"gzip, cut in the checksum", string(gz[:len(gz)-3]), "gzip: " + cutOff},
		{"gzip, cut in the second header", join(gz, gz[:5]), "gzip: " + cutOff},
		{"gzip, wrong checksum", flip(gz, len(gz)-6), "gzip: " + checksum},
		{"gzip, garbled", string(gz[:1000]) + strings.Repeat("\xFF", 1000) + string(gz[2000:]), "gzip: " + again},
		{"gzip, zeros behind", join(gz, make([]byte, 100)), "gzip: " + trailing},
		{"gzip, text behind", string(gz) + patients(1), "gzip: " + trailing},
		{"zstd, only the magic number", string(zst[:4]), "zstd: " + cutOff},
		{"zstd, cut", string(zst[:len(zst)/2]), "zstd: " + cutOff},
		{"zstd, cut in the checksum", string(zst[:len(zst)-1]), "zstd: " + cutOff},
		{"zstd, wrong checksum", flip(zst, len(zst)-2), "zstd: " + checksum},
		{"zstd, junk behind", string(zst) + "junk and more junk", "zstd: " + trailing},
		{"bzip2, cut", string(bz[:len(bz)-4]), "bzip2: " + cutOff},
		{"bzip2, garbled", flip(bz, 40), "bzip2: " + again},
		{"bzip2, junk behind", string(bz) + "junk and more junk", "bzip2: " + again},
		{"zip, cut", string(archive[:len(archive)/2]), "zip: the archive is damaged or cut off (get it again)"},
		{"zip, wrong checksum in the directory", flip(archive, len(archive)-22-47+16), "zip: " + checksum},
		{"zip, wrong size in the directory", flip(archive, len(archive)-22-47+24), "zip: " + checksum},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, "x", tt.in)
			_, err := read(t, parse.Options{BlockSize: 10_000}, path)
			if !errors.Is(err, parse.ErrDamaged) || !strings.HasPrefix(err.Error(), path) || !strings.HasSuffix(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestUnpackDictionary(t *testing.T) {
	_, err := read(t, parse.Options{}, write(t, "x", "\x28\xB5\x2F\xFD\x21\x07\x02\x11\x00\x00{}"))
	if !errors.Is(err, parse.ErrForeign) || !strings.HasSuffix(err.Error(), "x: zstd: compressed with a dictionary (unpack it first)") {
		t.Errorf("got %v", err)
	}
}

// little is a MiB that says little.
var little = strings.Repeat(`{"resourceType":"Basic","xx":"`+strings.Repeat("x", 1<<16-33)+"\"}\n", 1<<4)

func TestUnpackLimits(t *testing.T) {
	const mebi = 1 << 20
	gzipBomb := func(n int) string { return strings.Repeat(string(gzipped(t, little)), n) }
	zstdBomb := func(n int) string { return strings.Repeat(string(zstandard(t, little)), n) }
	zipBomb := func(n int) string {
		return string(zipped(t, zip.Store, "a.ndjson", gzipBomb(n), "b.ndjson", gzipBomb(n)))
	}
	window := func(exponent byte) string { // a frame of one raw block of 2 bytes
		return "\x28\xB5\x2F\xFD\x00" + string([]byte{exponent << 3}) + "\x11\x00\x00{}"
	}
	const ratio = "expands more than 200 times; stopped after 64 MiB (use --max-ratio)"
	tests := []struct {
		name, in string
		o        parse.Options
		want     string // "" if it is read
	}{
		{"gzip, small", gzipBomb(64), parse.Options{}, ""},
		{"gzip", gzipBomb(70), parse.Options{}, ratio},
		{"gzip, allowed", gzipBomb(70), parse.Options{MaxRatio: 2000}, ""},
		{"gzip in gzip", string(gzipped(t, gzipBomb(70))), parse.Options{MaxRatio: 2000}, "expands more than 2000 times"},
		{"zstd", zstdBomb(70), parse.Options{}, ratio},
		{"zip", zipBomb(70), parse.Options{}, ratio},
		{"output", gzipBomb(3), parse.Options{MaxOutput: 2 * mebi}, "unpacks to more than 2 MiB (unpack it first: files that are not compressed may have any size)"},
		{"output, as much as allowed", gzipBomb(2), parse.Options{MaxOutput: 2 * mebi}, ""},
		{"output of an archive", zipBomb(2), parse.Options{MaxOutput: 3 * mebi}, "unpacks to more than 3 MiB"},
		{"window", window(17), parse.Options{}, ""}, // 128 MiB
		{"window too large", window(18), parse.Options{}, "zstd: window of 256 MiB is larger than the limit of 128 MiB (use --max-window)"},
		{"window, allowed", window(18), parse.Options{MaxWindow: 256 * mebi}, ""},
		{"window, 2 GiB", window(21), parse.Options{}, "zstd: window of 2048 MiB is larger than the limit of 128 MiB (use --max-window)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(t, tt.o, write(t, "x", tt.in))
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, parse.ErrLimit) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
		})
	}
}

// A bomb behind 64 MiB that expand little is found too.
func TestUnpackLateBomb(t *testing.T) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.NoCompression)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, little)
	w.Close()
	in := strings.Repeat(b.String(), 80) + strings.Repeat(string(gzipped(t, little)), 80)
	_, err = read(t, parse.Options{}, write(t, "x", in))
	if !errors.Is(err, parse.ErrLimit) || !strings.Contains(err.Error(), "stopped after 144 MiB") {
		t.Errorf("got %v", err)
	}
}

func TestReadArchive(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	add := func(h zip.FileHeader, text string) {
		h.Method = zip.Deflate
		m, err := w.CreateHeader(&h)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(m, text)
	}
	add(zip.FileHeader{Name: "z.ndjson"}, patients(1))
	add(zip.FileHeader{Name: "dir/"}, "")
	add(zip.FileHeader{Name: "dir/p.ndjson"}, patients(2))
	add(zip.FileHeader{Name: "../../etc/p"}, patient("up"))
	add(zip.FileHeader{Name: `C:\p`}, patient("windows"))
	add(zip.FileHeader{Name: "__MACOSX/dir/._p.ndjson"}, "\x00\x05\x16\x07")
	add(zip.FileHeader{Name: ".DS_Store"}, "\x00")
	add(zip.FileHeader{Name: "twice"}, patient("1"))
	add(zip.FileHeader{Name: "twice"}, patient("2"))
	add(zip.FileHeader{Name: "inner.zip"}, string(zipped(t, zip.Deflate, "a", patient("inner"))))
	link := zip.FileHeader{Name: "link"}
	link.SetMode(fs.ModeSymlink | 0o777)
	add(link, "/etc/passwd")
	w.Close()
	want := []string{
		"p: 1 Patient/up",
		`a.zip!C:\p: 1 Patient/windows`,
		"p.ndjson: 1 Patient/0 2 Patient/1",
		"a.zip!inner.zip: (not FHIR: an archive within another)",
		"a.zip!link: (not FHIR: a link)",
		"a.zip!twice: 1 Patient/1",
		"a.zip!twice: 1 Patient/2",
		"a.zip!z.ndjson: 1 Patient/0",
	}
	path := write(t, "a.zip", b.String())
	r, err := read(t, parse.Options{}, path)
	if got := strings.TrimSpace(r.String()); err != nil || got != strings.Join(want, "\n") {
		t.Errorf("error %v\ngot\n%s\nwant\n%s", err, got, strings.Join(want, "\n"))
	}
	if got := r.files[0].Name; got != path+"!../../etc/p" {
		t.Errorf("name is %s", got)
	}
}

func TestReadArchiveRefuses(t *testing.T) {
	many := func() string {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for range 100_001 {
			w.CreateHeader(&zip.FileHeader{Name: "a", Method: zip.Store})
		}
		w.Close()
		return b.String()
	}
	method := func() string {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		w.RegisterCompressor(9, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, 1) })
		m, _ := w.CreateHeader(&zip.FileHeader{Name: "a", Method: 9})
		io.WriteString(m, "{}")
		w.Close()
		return b.String()
	}
	encrypted := func() string {
		b := zipped(t, zip.Store, "a", "{}")
		b[len(b)-22-47+8] |= 1
		return string(b)
	}
	tests := []struct {
		name, in, want string
		kind           error
	}{
		{"too many entries", many(), "x: archive of more than 100000 entries (unpack it first)", parse.ErrLimit},
		{"method", method(), "x!a: compressed with method 9 (unpack it first)", parse.ErrForeign},
		{"encrypted", encrypted(), "x!a: encrypted (decrypt it first)", parse.ErrForeign},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(t, parse.Options{}, write(t, "x", tt.in))
			if !errors.Is(err, tt.kind) || !strings.HasSuffix(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
		})
	}
}

// Whatever a file holds, Read ends, and says in one line what is wrong with it.
func FuzzRead(f *testing.F) {
	ab := patients(2)
	for _, seed := range [][]byte{
		[]byte(ab), gzipped(f, ab), zstandard(f, ab), bzipped(f), zipped(f, zip.Deflate, "a", ab, "b/c.txt", "text"),
		zipped(f, zip.Store, "a", string(gzipped(f, ab))), gzipped(f, string(zstandard(f, ab))), []byte(page), []byte("[" + patient("a")),
		bytes.Join([][]byte{gzipped(f, ab), gzipped(f, ab)}, nil), []byte("\xFF\xFE{\x00"),
	} {
		f.Add(seed)
	}
	path := filepath.Join(f.TempDir(), "x")
	f.Fuzz(func(t *testing.T, in []byte) {
		if err := os.WriteFile(path, in, 0o600); err != nil {
			t.Fatal(err)
		}
		o := parse.Options{BlockSize: 1000, MaxLine: 10_000, MaxOutput: 10 << 20, Workers: 2}
		r, err := read(t, o, path)
		if _, ok := errors.AsType[*parse.InputError](err); err != nil && (!ok || strings.Contains(err.Error(), "\n")) {
			t.Errorf("not an error for people: %q", err)
		}
		if err == nil && len(r.files) == 0 {
			t.Error("no error and no file")
		}
	})
}
