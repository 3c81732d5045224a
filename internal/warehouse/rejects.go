package warehouse

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"unicode/utf8"
)

// A Reject is a line that holds no FHIR resource, as the ledger keeps it and as
// a line of a file of rejects. Its raw bytes are patient data.
type Reject struct {
	Import int32  `json:"import"`
	File   string `json:"file"`
	Source string `json:"source"`
	Line   int64  `json:"line"`
	Entry  *int32 `json:"entry,omitempty"` // of an array or Bundle
	Offset int64  `json:"offset"`
	Length int64  `json:"length"`
	Reason string `json:"reason"`
	Detail string `json:"detail,omitempty"`
	Raw    []byte `json:"-"` // the line, or its beginning: shorter than Length then
}

// rejectLine is how a Reject is written: the line as text where that is
// possible, so that a person can repair it.
type rejectLine struct {
	Reject
	Raw       *string `json:"raw,omitempty"`
	RawBase64 []byte  `json:"raw_base64,omitempty"`
}

// Rejects returns the rejected lines of an import, or of all if it is 0, in the
// order of the source. Raw is set only if raw is wanted.
func (r *Reader) Rejects(ctx context.Context, number int, raw bool) iter.Seq2[Reject, error] {
	return func(yield func(Reject, error) bool) {
		rows, err := r.openRejects(ctx, number, raw)
		if err != nil {
			yield(Reject{}, err)
			return
		}
		defer rows.close()
		for rows.next() {
			var x Reject
			err := rows.scan(&x.Import, &x.File, &x.Source, &x.Line, &x.Entry, &x.Offset, &x.Length, &x.Reason, &x.Detail, &x.Raw)
			if !yield(x, err) || err != nil {
				return
			}
		}
		if err := rows.close(); err != nil {
			yield(Reject{}, err)
		}
	}
}

func (r *Reader) openRejects(ctx context.Context, number int, raw bool) (*rows, error) {
	if err := r.needLedger(ctx); err != nil {
		return nil, err
	}
	var there bool
	if err := r.c.value(ctx, &there, "select ?1 = 0 or exists (from ledger.imports where import = ?1)", int64(number)); err != nil {
		return nil, fmt.Errorf("read the imports: %w", err)
	}
	if !there {
		return nil, fmt.Errorf("there is no import %d", number)
	}
	column := "null::blob"
	if raw {
		column = "x.raw"
	}
	rows, err := r.c.query(ctx, `
		select x.import, f.name, f.source, x.line, x.entry, x."offset", x.length, x.reason, x.detail, `+column+`
		from ledger.rejects x join ledger.files f using (file)
		where ?1 = 0 or x.import = ?1
		order by x.file, x.line, x.entry nulls first`, int64(number))
	if err != nil {
		return nil, fmt.Errorf("read the rejects: %w", err)
	}
	return rows, nil
}

// WriteRejects writes rejects as NDJSON and returns how many.
func WriteRejects(w io.Writer, rejects iter.Seq2[Reject, error]) (n int64, err error) {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for x, err := range rejects {
		if err != nil {
			return n, err
		}
		line := rejectLine{Reject: x}
		if utf8.Valid(x.Raw) {
			text := string(x.Raw)
			line.Raw = &text
		} else {
			line.RawBase64 = x.Raw
		}
		if err := out.Encode(line); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// ReadRejects reads what [WriteRejects] wrote, after someone repaired it. An
// error names the line of the file and quotes nothing of it.
func ReadRejects(r io.Reader) iter.Seq2[Reject, error] {
	return func(yield func(Reject, error) bool) {
		in := bufio.NewReaderSize(r, 1<<20)
		for number := 1; ; number++ {
			text, err := in.ReadBytes('\n')
			if len(text) == 0 && err == io.EOF {
				return
			}
			if err != nil && err != io.EOF {
				yield(Reject{}, err)
				return
			}
			x, err := readReject(text)
			if err != nil {
				err = fmt.Errorf("line %d: %w", number, err)
			}
			if !yield(x, err) || err != nil {
				return
			}
		}
	}
}

func readReject(text []byte) (Reject, error) {
	var line rejectLine
	if err := json.Unmarshal(text, &line); err != nil {
		return Reject{}, errors.New("not a line that fhirwh rejects --to wrote")
	}
	x := line.Reject
	switch {
	case line.Raw != nil && line.RawBase64 != nil:
		return x, errors.New("both raw and raw_base64 are set")
	case line.Raw != nil:
		x.Raw = []byte(*line.Raw)
	case line.RawBase64 != nil:
		x.Raw = line.RawBase64
	default:
		return x, errors.New("neither raw nor raw_base64 is set")
	}
	if x.File == "" || x.Line == 0 {
		return x, errors.New("file or line is missing")
	}
	return x, nil
}
