package parse

import (
	"bytes"
	"strings"
)

// Notes in [File.Note], of which [NoteSkipped] is another.
const (
	// NoteForeign begins the note of a file in a folder or archive that is not
	// read because it is no FHIR JSON; a colon and what it is follow.
	NoteForeign = "not FHIR"
	// NoteOpenEnd is the note of a compressed file of several parts, after any of which it
	// may have been cut off without a trace.
	NoteOpenEnd = "end not verifiable"
)

func noteForeign(what string) string { return NoteForeign + ": " + what }

// Skipped reports whether the file was not read; Note says why.
func (f *File) Skipped() bool {
	return f.Note == NoteSkipped || strings.HasPrefix(f.Note, NoteForeign+": ")
}

// A format is how bytes are stored.
type format uint8

const (
	stored format = iota // as they are
	deflated
	gzipped
	zstandard
	bzipped
	zipped
)

// headSize is how many bytes tell one format or kind of file from another.
const headSize = 512

// formatOf tells a format from the first bytes.
func formatOf(head []byte) format {
	has := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case has("\x1F\x8B"):
		return gzipped
	case has("\x28\xB5\x2F\xFD"), len(head) > 3 && head[0]&0xF0 == 0x50 && string(head[1:4]) == "\x2A\x4D\x18":
		return zstandard
	case len(head) > 9 && has("BZh") && (string(head[4:10]) == "1AY&SY" || string(head[4:10]) == "\x17rE8P\x90"):
		return bzipped
	case has("PK\x03\x04"), has("PK\x05\x06"):
		return zipped
	}
	return stored
}

// A kind is what a file is that is not FHIR JSON.
type kind struct {
	at    int
	magic string
	name  string
	hint  string // what to do about it, or ""
}

const unpackFirst = "unpack it first"

// kinds are known by their first bytes.
var kinds = []kind{
	{0, "%PDF-", "a PDF document", ""},
	{0, "\x89PNG", "an image", ""},
	{0, "\xFF\xD8\xFF", "an image", ""},
	{0, "GIF8", "an image", ""},
	{0, "PAR1", "a Parquet file", ""},
	{8, "DUCK", "a DuckDB database", ""},
	{0, "SQLite format 3\x00", "an SQLite database", ""},
	{0, "PK\x03\x04", "an archive within another", unpackFirst},
	{0, "\xFD7zXZ\x00", "compressed with xz", unpackFirst},
	{0, "\x04\x22\x4D\x18", "compressed with lz4", unpackFirst},
	{0, "7z\xBC\xAF\x27\x1C", "a 7-Zip archive", unpackFirst},
	{0, "Rar!\x1A\x07", "a RAR archive", unpackFirst},
	{257, "ustar", "a tar archive", unpackFirst},
	{0, "age-encryption.org/", "encrypted with age", "decrypt it first"},
	{0, "-----BEGIN ", "an encrypted file or a key", ""},
	{0, "\xFF\xFE", "UTF-16 text", "convert it first: iconv -f UTF-16 -t UTF-8"},
	{0, "\xFE\xFF", "UTF-16 text", "convert it first: iconv -f UTF-16 -t UTF-8"},
	{0, "\x00\x00\xFE\xFF", "UTF-32 text", "convert it first: iconv -f UTF-32 -t UTF-8"},
}

// foreign returns what a file is that begins with head and is certainly no FHIR JSON in UTF-8,
// and nil for others.
func foreign(head []byte) *kind {
	for i := range kinds {
		if k := &kinds[i]; len(head) > k.at && bytes.HasPrefix(head[k.at:], []byte(k.magic)) {
			return k
		}
	}
	if k := utf16(head); k != nil {
		return k
	}
	text := skipSpace(head)
	if len(text) == 0 || beginsJSON(text) {
		return nil
	}
	if text[0] == '<' {
		return markup(text)
	}
	if bytes.IndexByte(text[:min(len(text), headSize)], 0) >= 0 {
		return &kind{name: "binary data"}
	}
	return nil
}

// utf16 recognises UTF-16 without a byte order mark by ASCII characters at the
// start: every other byte of theirs is 0.
func utf16(head []byte) *kind {
	if len(head) < 4 {
		return nil
	}
	first, second := head[0], head[1]
	switch {
	case first != 0 && first < 0x80 && second == 0 && head[2] != 0:
		return &kind{name: "UTF-16 text", hint: "convert it first: iconv -f UTF-16LE -t UTF-8"}
	case first == 0 && second != 0 && second < 0x80 && head[2] == 0:
		return &kind{name: "UTF-16 text", hint: "convert it first: iconv -f UTF-16BE -t UTF-8"}
	}
	return nil
}

func markup(text []byte) *kind {
	text = bytes.ToLower(text[:min(len(text), headSize)])
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body"} {
		if bytes.Contains(text, []byte(tag)) {
			return &kind{name: "an HTML page", hint: "it may be an error page of the server: download the file again"}
		}
	}
	return &kind{name: "XML", hint: "export the resources as JSON"}
}
