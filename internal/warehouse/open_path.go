package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// locate finds the database file that path means, resolving symlinks once, and
// checks what lies there without opening it. The file need not exist; its folder
// must.
func locate(ctx context.Context, path string) (place, error) {
	real, err := resolve(path)
	if err != nil {
		return place{}, err
	}
	p := place{path: real, ops: fileOpsOf(ctx)}
	if reservedStem(real) {
		return place{}, &FileError{Path: path, Kind: ErrName, Detail: "DuckDB could not tell a database named ledger from the schema in it"}
	}
	return p, p.checkAround()
}

// resolve makes path absolute and free of symlinks. A symlink that leads
// nowhere is an error: DuckDB would make a file where it points.
func resolve(path string) (string, error) {
	if path == "" || strings.ContainsAny(path, "\x00\n") {
		return "", &FileError{Path: path, Kind: ErrName}
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(abs)
	if err == nil {
		return real, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("open warehouse: %w", diskError(path, err))
	}
	if _, err := os.Lstat(abs); err == nil {
		return "", &FileError{Path: path, Kind: ErrMissing, Detail: "a symlink that leads nowhere", Advice: "remove the symlink or name its target"}
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if err != nil {
		return "", &FileError{Path: path, Kind: ErrMissing, Detail: "the folder does not exist", Advice: "make the folder first", Err: err}
	}
	return filepath.Join(dir, filepath.Base(abs)), nil
}

// dirOf is the folder of the file that path means.
func dirOf(path string) string {
	real, err := resolve(path)
	if err != nil {
		return filepath.Dir(path)
	}
	return filepath.Dir(real)
}

// reservedStem reports whether DuckDB would name the database of that file
// ledger, as our schema: it takes the name up to the first dot that ends one.
func reservedStem(path string) bool {
	stem, _, _ := strings.Cut(strings.TrimLeft(filepath.Base(path), "."), ".")
	return strings.EqualFold(stem, "ledger")
}

// checkAround refuses files that a stranger could have put there for us or
// DuckDB to follow or overwrite.
func (p place) checkAround() error {
	dir, err := os.Stat(p.dir())
	if err != nil {
		return fmt.Errorf("open warehouse: %w", err)
	}
	if othersMayReplace(dir.Mode()) {
		return &FileError{Path: p.dir(), Kind: ErrUnsafe, Detail: "any user may replace files in this folder",
			Advice: "chmod o-w the folder, or set its sticky bit"}
	}
	names := []string{p.lock(), p.journal(), p.journalNew(), p.temp()}
	for _, suffix := range append([]string{""}, walSuffixes...) {
		names = append(names, p.path+suffix)
	}
	shared := dir.Mode().Perm()&0o002 != 0
	for _, name := range names {
		if err := p.checkKind(name); err != nil {
			return err
		}
		if shared && name != p.path && ofStranger(name, p.path) {
			return &FileError{Path: name, Kind: ErrUnsafe, Detail: "it belongs to another user, in a folder where any user may put files",
				Advice: "look where it comes from and move it away"}
		}
	}
	return nil
}

// ofStranger reports whether the file at name belongs to somebody who is neither
// this user nor the owner of the database.
func ofStranger(name, database string) bool {
	st, err := os.Lstat(name)
	if err != nil {
		return false
	}
	uid, ok := ownerOf(st)
	if !ok || uid == os.Geteuid() {
		return false
	}
	st, err = os.Lstat(database)
	if err != nil {
		return true
	}
	of, _ := ownerOf(st)
	return uid != of
}

// checkKind refuses what is there and neither a file nor, for temporary files,
// a folder.
func (p place) checkKind(name string) error {
	st, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open warehouse: %w", diskError(name, err))
	}
	switch {
	case name == p.temp() && st.IsDir(), name != p.temp() && st.Mode().IsRegular():
		return nil
	case name == p.path && st.IsDir():
		return &FileError{Path: name, Kind: ErrNotDuckDB, Detail: "it is a folder", Advice: "name a file in it with --db"}
	}
	return &FileError{Path: name, Kind: ErrUnsafe, Detail: "not a plain file", Advice: "move it away"}
}
