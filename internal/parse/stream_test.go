package parse_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/fhirwh/fhirwh/internal/parse"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadKeepsOrder(t *testing.T) {
	var text bytes.Buffer
	for i := range 5000 {
		text.WriteString(`{"resourceType":"Patient","id":"`)
		text.WriteString(string(rune('a' + i%26)))
		text.WriteString("\"}\n")
	}
	path := write(t, "a.jsonl", text.String())
	for _, o := range []parse.Options{{}, {BlockSize: 100, Workers: 3}, {BlockSize: 1, InFlight: 1}} {
		var got bytes.Buffer
		err := parse.Read(t.Context(), []parse.Source{{Path: path}}, o, func(b *parse.Block) error {
			if b.Offset != int64(got.Len()) {
				t.Fatalf("offset %d, want %d", b.Offset, got.Len())
			}
			got.Write(b.Bytes)
			b.Release()
			return nil
		})
		if err != nil || !bytes.Equal(got.Bytes(), text.Bytes()) {
			t.Errorf("%+v: error %v, %d bytes, want %d", o, err, got.Len(), text.Len())
		}
	}
}
