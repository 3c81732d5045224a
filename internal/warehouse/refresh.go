package warehouse

import (
	"context"
	"fmt"
	"time"
)

// Refresh gives the warehouse at path the views, macros and base columns of this
// version, as an import does, without reading anything. It is a write like an import:
// all or nothing, and with a row in ledger.imports, which says from when on the
// warehouse was that of o.Version. If there is nothing to do it writes nothing, and the
// summary's Refreshed is false. Options' Sources are not used.
func Refresh(ctx context.Context, path string, o ImportOptions) (*Summary, error) {
	p, err := locate(ctx, path)
	if err != nil {
		return nil, err
	}
	there, err := exists(p.path)
	if err != nil {
		return nil, err
	}
	if !there {
		return nil, p.missing()
	}
	o.Sources = nil
	im := &importer{ImportOptions: o, adjust: func(*loader) {}, sized: true, started: time.Now()}
	im.views.thorough = true
	im.input = func(context.Context) error { return nil }
	return im.do(ctx, path)
}

// LastVersion returns the version of fhirwh that wrote the warehouse last, and so made
// its views.
func (r *Reader) LastVersion(ctx context.Context) (string, error) {
	var version string
	if err := r.c.value(ctx, &version, "select coalesce(max_by(version, import), '') from ledger.imports"); err != nil {
		return "", fmt.Errorf("read ledger.imports: %w", err)
	}
	return version, nil
}
