package parse

import (
	"context"
	"io"
	"os"
	"strings"
)

// A content is the bytes behind one [File], as stored, and what is known of
// them beforehand.
type content struct {
	file   *File
	in     io.Reader
	format format // how in is stored: of a member of an archive; else stored, which is then looked at
	output *int64 // how many bytes of it, or of the whole archive, may be unpacked
	found  bool   // in a folder or archive, so that it may be no FHIR; else the user named it

	section *io.SectionReader // the same bytes as in, if they can be read twice; else nil
	check   *memberCheck      // of a member of an archive; else nil
}

// A tap passes on a file's bytes as they are stored, counting and hashing them,
// until ctx ends.
type tap struct {
	ctx context.Context
	in  io.Reader
	sum summer
	err error // of in
}

// readStep is the most that is read at once: bytes that are hashed while they
// are in a core's own cache cost little.
const readStep = 256 << 10

func (t *tap) Read(p []byte) (int, error) {
	if t.ctx.Err() != nil {
		return 0, context.Cause(t.ctx)
	}
	n, err := t.in.Read(p[:min(len(p), readStep)])
	t.sum.Write(p[:n])
	if err != nil && err != io.EOF {
		t.err = err
	}
	return n, err
}

// A leftOut is the error of content that is not to be read, since it is no FHIR:
// what it is instead.
type leftOut string

func (l leftOut) Error() string { return string(l) }

// judge decides by the first bytes, or all, whether content is read. What the
// user named must be JSON in UTF-8, or text at least, of which lines can be
// rejected. What was found beside it is read if it may be FHIR; a name that
// promises that makes anything else an error, for then something went wrong.
func (c *content) judge(head []byte, all bool) error {
	found := c.found && !(promisesFHIR(c.file.Name) && !beginsJSON(skipSpace(head)))
	k := foreign(head)
	switch {
	case k == nil && found:
		if what := probe(head, all); what != "" {
			return leftOut(what)
		}
		return nil
	case k == nil:
		return nil
	case found:
		return leftOut(k.name)
	case c.section == nil && formatOf(head) == zipped:
		k = &kind{name: "a zip archive in a stream", hint: "name the file"}
	}
	return k.error(c.file.Name)
}

func (k *kind) error(name string) error {
	text := "is " + k.name + ", not FHIR JSON"
	if k.hint != "" {
		text += " (" + k.hint + ")"
	}
	return inputError(name, text, ErrForeign)
}

// open opens an input for reading. A named pipe is opened without waiting for a
// writer, and read when there is something to read.
func (in *input) open(ctx context.Context) (*os.File, io.Reader, error) {
	if in.path == "-" {
		return os.Stdin, waitFor(ctx, os.Stdin), nil
	}
	flags := os.O_RDONLY
	if in.size < 0 {
		flags |= nonBlocking
	}
	f, err := os.OpenFile(in.path, flags, 0)
	if err != nil {
		return nil, nil, systemError(in.path, err)
	}
	if in.size < 0 {
		return f, waitFor(ctx, f), nil
	}
	return f, f, nil
}

// displayName makes a name that can be stored and shown as text.
func displayName(name string) string { return strings.ToValidUTF8(name, "\uFFFD") }
