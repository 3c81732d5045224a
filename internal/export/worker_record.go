package export

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// How events change the record of an export. Each change may be made again, after
// a crash or by a repeat, and then changes nothing.

// when is the date of an event or, without one, when it came.
func (e Event) when() time.Time {
	if e.Date != nil {
		return *e.Date
	}
	return e.Received
}

// succeed takes over an event that says where the files are. It reports whether
// it brought anything: a file, or a new link to one that has not come yet.
func (x *Export) succeed(e Event, m message) (news bool) {
	date := e.when().UTC()
	x.ConnectionID = cmp.Or(x.ConnectionID, m.connection.ID)
	x.APIMode = cmp.Or(x.APIMode, e.APIMode)
	later := x.Finished == nil || !date.Before(*x.Finished)
	for _, l := range m.links {
		news = x.addLink(l, later) || news
	}
	if later && (news || x.EventID == "" || x.State == ExportFailed) {
		x.Status, x.FailureReason = "success", ""
		x.Finished, x.EventID = &date, e.ID
		x.TotalExpected, x.Expected = m.total, maps.Clone(m.byType)
		x.dropExpired(m.links)
	}
	x.settle()
	return news
}

// addLink adds a file, or renews the link of one that waits or has expired.
func (x *Export) addLink(l link, later bool) (news bool) {
	i := slices.IndexFunc(x.Files, func(f ExportFile) bool { return f.FileID == l.fileID })
	if i < 0 {
		state := FileWaiting
		if !l.load {
			state = FileSkipped
		}
		x.Files = append(x.Files, ExportFile{FileID: l.fileID, Link: l.url, ExportType: l.exportType, ContentType: l.contentType, State: state})
		return true
	}
	f := &x.Files[i]
	same := f.State == FileWaiting && f.Link == l.url && x.NextAttempt == nil
	if !later || !l.load || same || f.State != FileWaiting && f.State != FileExpired {
		return false
	}
	f.State, f.Link = FileWaiting, l.url
	x.tryNow()
	return true
}

// dropExpired forgets files that are gone and that a later event has no link for:
// the export was made again, under other names.
func (x *Export) dropExpired(links []link) {
	if !slices.ContainsFunc(links, func(l link) bool { return l.load }) {
		return
	}
	x.Files = slices.DeleteFunc(x.Files, func(f ExportFile) bool {
		return f.State == FileExpired && !slices.ContainsFunc(links, func(l link) bool { return l.fileID == f.FileID })
	})
}

// fail takes over an event that says that there will be no files. One that did
// come counts more.
func (x *Export) fail(e Event, m message) (news bool) {
	x.ConnectionID = cmp.Or(x.ConnectionID, m.connection.ID)
	x.APIMode = cmp.Or(x.APIMode, e.APIMode)
	has := func(f ExportFile) bool { return f.State != FileSkipped && f.State != FileExpired }
	if slices.ContainsFunc(x.Files, has) || x.Finished != nil && e.when().Before(*x.Finished) {
		return false
	}
	x.State, x.Status, x.FailureReason, x.EventID = ExportFailed, "failed", m.failureReason, e.ID
	x.tryNow()
	return true
}

// tryNow ends a wait for the next attempt. Why files are gone stays.
func (x *Export) tryNow() {
	x.Attempts, x.NextAttempt = 0, nil
	if !x.has(FileExpired) {
		x.LastError = ""
	}
}

// settle sets the state that the files make.
func (x *Export) settle() {
	count := map[string]int{}
	for _, f := range x.Files {
		count[f.State]++
	}
	done := count[FileImported] + count[FilePruned]
	switch {
	case count[FileWaiting] > 0:
		x.State = ExportLinked
	case count[FileExpired] > 0:
		x.State = ExportExpired
	case count[FileLanded] > 0:
		x.State = ExportLanded
	case done > 0:
		x.State = ExportImported
	case x.Status == "success":
		x.State = ExportNoLink
	case x.State == "":
		x.State = ExportPending
	}
}

// file returns a file of the export, or nil.
func (x *Export) file(fileID string) *ExportFile {
	i := slices.IndexFunc(x.Files, func(f ExportFile) bool { return f.FileID == fileID })
	if i < 0 {
		return nil
	}
	return &x.Files[i]
}

// has reports whether a file of the export is in that state.
func (x *Export) has(state string) bool {
	return slices.ContainsFunc(x.Files, func(f ExportFile) bool { return f.State == state })
}

// isDue reports whether the next attempt may be made.
func (x *Export) isDue(now time.Time) bool {
	return x.NextAttempt == nil || !now.Before(*x.NextAttempt)
}

// A Difference is a resource type of which an import read another number than the
// event of the export announced.
type Difference struct {
	Type     string `json:"type"` // "" for all resources together
	Expected int64  `json:"announced"`
	Read     int64  `json:"read"`
}

// Differences compares what was imported with what the event announced, which is
// advisory. An export that is not imported, or of which nothing was announced,
// has none. Files of the same content count once.
func (x *Export) Differences() []Difference {
	if x.State != ExportImported {
		return nil
	}
	read, total := x.imported()
	var found []Difference
	if x.TotalExpected != nil && *x.TotalExpected != total {
		found = append(found, Difference{"", *x.TotalExpected, total})
	}
	if x.Expected == nil || len(read) == 0 && total > 0 { // what was read was not counted by type
		return found
	}
	names := maps.Clone(x.Expected)
	maps.Copy(names, read)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if x.Expected[name] != read[name] {
			found = append(found, Difference{name, x.Expected[name], read[name]})
		}
	}
	return found
}

// imported counts the resources that imports read, by type and in all.
func (x *Export) imported() (byType map[string]int64, total int64) {
	byType = map[string]int64{}
	seen := map[string]bool{}
	for _, f := range x.Files {
		if f.Imported == nil || f.SHA256 != "" && seen[f.SHA256] {
			continue
		}
		seen[f.SHA256] = true
		total += f.Resources
		for name, n := range f.ByType {
			byType[name] += n
		}
	}
	return byType, total
}
