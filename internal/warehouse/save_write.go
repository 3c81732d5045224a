package warehouse

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// save writes one relation.
func (s *saver) save(rel *relation) (*SavedTable, error) {
	if err := s.stage(rel); err != nil {
		return nil, err
	}
	parts, joined, err := s.divide(rel)
	if err != nil {
		return nil, err
	}
	saved := &SavedTable{Name: rel.file(), Kind: rel.kind, About: rel.about, PartitionBy: rel.partition, Columns: rel.columns, Files: []SavedFile{}}
	for _, k := range rel.sort {
		saved.SortedBy = append(saved.SortedBy, k.name)
	}
	files, err := s.plan(rel, parts)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if err := s.writeFile(rel, f, joined); err != nil {
			return nil, err
		}
		entry, err := s.measureFile(f.name, f.rows)
		if err != nil {
			return nil, err
		}
		saved.Rows += f.rows
		saved.Files = append(saved.Files, entry)
	}
	return saved, s.r.c.exec(s.ctx, "drop table if exists "+stageTable+"; drop table if exists "+partTable)
}

// A plannedFile is a file and the parts that go into it: Parquet holds one.
type plannedFile struct {
	name  string // within the folder, with slashes
	parts []savedPart
	rows  int64
}

// plan gives the parts their files.
func (s *saver) plan(rel *relation, parts []savedPart) ([]plannedFile, error) {
	var files []plannedFile
	folders := 0
	for i, p := range parts {
		first := i == 0 || !sameValue(parts[i-1].value, p.value)
		if first {
			folders++
		}
		if !first && s.Text != nil { // text goes on in the same file
			f := &files[len(files)-1]
			f.parts, f.rows = append(f.parts, p), f.rows+p.rows
			continue
		}
		files = append(files, plannedFile{parts: []savedPart{p}, rows: p.rows})
	}
	if rel.partition != "" && folders > maxPartitions {
		return nil, &SaveError{Path: s.To, Err: fmt.Errorf("%s has %d different values: that many folders help nobody", rel.partition, folders),
			Advice: fmt.Sprintf("split by a column of at most %d values", maxPartitions)}
	}
	return files, s.nameFiles(rel, files)
}

func sameValue(a, b *string) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// nameFiles names a single file as the relation; several, or those of a split
// relation, are in a folder of that name.
func (s *saver) nameFiles(rel *relation, files []plannedFile) error {
	base := escapeName(rel.file())
	if rel.partition == "" && len(files) == 1 {
		files[0].name = base + "." + s.extension()
		return nil
	}
	number := 0
	for i := range files {
		folder := base
		if rel.partition != "" {
			value := files[i].parts[0].value
			if value != nil && *value == "" {
				return &SaveError{Path: s.To, Err: fmt.Errorf("%s has empty texts, which no folder can be named for", rel.partition),
					Advice: "split by another column"}
			}
			folder += "/" + escapeName(rel.partition) + "=" + folderValue(value)
			if i == 0 || !sameValue(files[i-1].parts[0].value, value) {
				number = 0
			}
		}
		files[i].name = fmt.Sprintf("%s/part-%04d.%s", folder, number, s.extension())
		number++
	}
	return nil
}

// folderValue writes a value as Hive does in the name of a folder.
func folderValue(value *string) string {
	if value == nil {
		return "__HIVE_DEFAULT_PARTITION__"
	}
	return escapeName(*value)
}

// escapeName writes a text as the name of a file: what is no letter, digit, _, -
// or inner dot becomes %XX, which every reader of Hive's layout undoes.
func escapeName(text string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func (s *saver) writeFile(rel *relation, f plannedFile, joined bool) error {
	path := filepath.Join(s.folder.temp, filepath.FromSlash(f.name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return diskError(path, bare(err))
	}
	if s.Text != nil {
		return s.writeText(rel, f, joined, path)
	}
	var n int64
	sql := fmt.Sprintf("copy (%s) to %s (format parquet, compression zstd, use_tmp_file false)", s.partSQL(rel, f.parts[0], joined), quoteText(path))
	if err := s.r.c.value(s.ctx, &n, sql); err != nil {
		return s.explain(err)
	}
	return f.check(n)
}

// check compares the rows that were written with those that there are.
func (f *plannedFile) check(n int64) error {
	if n != f.rows {
		return fmt.Errorf("%d rows were written, not %d", n, f.rows)
	}
	return nil
}

func (s *saver) writeText(rel *relation, f plannedFile, joined bool, path string) (err error) {
	file, err := s.folder.ops.Create(path)
	if err != nil {
		return diskError(path, bare(err))
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w, err := s.Text(file)
	if err != nil {
		return err
	}
	n := int64(0)
	for i, p := range f.parts {
		m, err := s.writeRows(w, s.partSQL(rel, p, joined), i == 0)
		if err != nil {
			return diskError(path, bare(err))
		}
		n += m
	}
	if err := w.End(); err != nil {
		return diskError(path, bare(err))
	}
	return f.check(n)
}

// writeRows writes the rows of a statement, the columns' names first where begin
// says so.
func (s *saver) writeRows(w RowWriter, sql string, begin bool) (n int64, err error) {
	res, err := s.r.Query(s.ctx, sql)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, res.Close()) }()
	if begin {
		if err := w.Begin(res.Columns); err != nil {
			return 0, err
		}
	}
	for res.Next() {
		if err := w.Row(res.Values()); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
