package parse

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// An input is one thing to open.
type input struct {
	label  string
	path   string  // absolute, or "-" for standard input
	size   int64   // -1 if it is a stream, such as standard input or a pipe
	folder *folder // that it was found in, or nil if the user named it
	note   string  // why it is not read, or ""
}

// A folder is one that the user named. It must have a file for us.
type folder struct {
	path   string
	looked int // files in it
	used   int // of those, ones that were read, or known, or read before
}

// check returns an error if no file of the folder was for us.
func (f *folder) check() error {
	if f.used > 0 {
		return nil
	}
	return inputError(f.path, fmt.Sprintf("no FHIR files in this folder (looked at %d)", f.looked), ErrNothing)
}

// A finder collects the inputs that sources stand for.
type finder struct {
	inputs []*input
	seen   map[seenKey]bool
}

// A seenKey is a file, or folder, that was found. The same file may be read under two
// labels.
type seenKey struct{ label, path string }

// find returns the inputs that sources stand for, in order, each file once a label.
func find(sources []Source) ([]*input, error) {
	f := finder{seen: map[seenKey]bool{}}
	for _, s := range sources {
		if err := f.add(s); err != nil {
			return nil, err
		}
	}
	return f.inputs, nil
}

func (f *finder) add(s Source) error {
	if s.Path == "-" {
		f.addFile(&input{label: s.Label, path: "-", size: -1}, "-")
		return nil
	}
	_, err := os.Stat(s.Path)
	if errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(s.Path, `*?[`) {
		return f.addPattern(s)
	}
	return f.addPath(s, err)
}

// addPattern adds what a glob pattern matches, as if it had been named.
func (f *finder) addPattern(s Source) error {
	paths, err := filepath.Glob(s.Path)
	if err != nil {
		return inputError(s.Path, "not a valid pattern", err)
	}
	paths = slices.DeleteFunc(paths, func(path string) bool {
		return hidden(path) && !hidden(s.Path)
	})
	if len(paths) == 0 {
		return inputError(s.Path, "no file has a name like this", ErrNothing)
	}
	slices.Sort(paths)
	for _, path := range paths {
		if err := f.addPath(Source{Label: s.Label, Path: path}, nil); err != nil {
			return err
		}
	}
	return nil
}

func hidden(path string) bool { return strings.HasPrefix(filepath.Base(path), ".") }

// addPath adds a file or folder that the user named. err is what is already
// known to be wrong with it.
func (f *finder) addPath(s Source, err error) error {
	path, info := s.Path, fs.FileInfo(nil)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err == nil {
		info, err = os.Stat(path)
	}
	if err != nil {
		return systemError(s.Path, err)
	}
	if info.IsDir() {
		return f.addFolder(s.Label, path, realPath(path))
	}
	f.addFile(&input{label: s.Label, path: path, size: sizeOf(info)}, realPath(path))
	return nil
}

// realPath returns path without links, or path itself where there is no such
// path: /dev/fd/3 may lead to a pipe that has none.
func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// sizeOf returns the size of a regular file, -1 for anything else.
func sizeOf(info fs.FileInfo) int64 {
	if !info.Mode().IsRegular() {
		return -1
	}
	return info.Size()
}

// addFile adds an input unless it is there. real is its path without links.
func (f *finder) addFile(in *input, real string) {
	key := seenKey{in.label, real}
	if f.seen[key] {
		if in.folder != nil {
			in.folder.used++
		}
		return
	}
	f.seen[key] = true
	f.inputs = append(f.inputs, in)
}

// addFolder adds the files in a folder and the folders below, by path. Hidden
// ones (named with a dot in front) are left out.
func (f *finder) addFolder(label, path, real string) error {
	w := walker{finder: f, label: label, root: &folder{path: path}, entered: map[string]bool{}}
	if err := w.walk(path, real); err != nil {
		return err
	}
	if len(w.found) == 0 {
		return inputError(path, "no files in this folder", ErrNothing)
	}
	slices.SortFunc(w.found, func(a, b foundFile) int { return strings.Compare(a.path, b.path) })
	w.root.looked = len(w.found)
	for _, file := range w.found {
		f.addFile(file.input, file.real)
	}
	return nil
}

// A walker finds the files of a folder.
type walker struct {
	*finder
	label   string
	root    *folder
	entered map[string]bool // real paths of folders
	found   []foundFile
}

// A foundFile is a file in a folder.
type foundFile struct {
	*input
	real string
}

func (w *walker) walk(path, real string) error {
	if w.entered[real] {
		return nil // through a link
	}
	w.entered[real] = true
	entries, err := os.ReadDir(path)
	if err != nil {
		return systemError(path, err)
	}
	for _, e := range entries {
		if hidden(e.Name()) {
			continue
		}
		if err := w.visit(e, filepath.Join(path, e.Name()), filepath.Join(real, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// visit takes one entry of a folder.
func (w *walker) visit(e fs.DirEntry, path, real string) error {
	info, err := e.Info()
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		info, err = os.Stat(path)
		real = realPath(path)
	}
	in := &input{label: w.label, path: path, folder: w.root}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		in.note = noteForeign("a link to nothing")
	case err != nil:
		return systemError(path, err)
	case info.IsDir():
		return w.walk(path, real)
	case !info.Mode().IsRegular():
		in.note = noteForeign("not a regular file")
	default:
		in.size = info.Size()
	}
	w.found = append(w.found, foundFile{in, real})
	return nil
}

// TotalSize returns the bytes of the files that sources name, as they are on disk,
// and whether that is all: a pipe has no size. It opens no file.
func TotalSize(sources []Source) (bytes int64, known bool) {
	inputs, err := find(sources)
	known = err == nil
	for _, in := range inputs {
		bytes += max(in.size, 0)
		known = known && in.size >= 0
	}
	return bytes, known
}
