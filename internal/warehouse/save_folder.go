package warehouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// A folder is the folder of a save while it is being made: a fresh one beside
// the place it will have, which nobody but us can put anything into.
type folder struct {
	ctx     context.Context
	ops     fileOps
	given   string   // what the user calls it
	target  string   // the same, absolute; its folder is free of symlinks
	temp    string   // where it is made
	lock    *os.File // on temp: says that its maker lives
	replace bool
}

const (
	savingInfix  = ".saving-"
	manifestName = "manifest.json"
	readmeName   = "README.md"
)

// newFolder makes the folder that will become target, after it has removed what
// dead saves to target left.
func newFolder(ctx context.Context, target string, replace bool) (*folder, error) {
	f := &folder{ctx: ctx, ops: fileOpsOf(ctx), given: target, replace: replace}
	if err := f.locate(); err != nil {
		return nil, err
	}
	if err := f.checkTarget(); err != nil {
		return nil, err
	}
	f.removeDead()
	f.temp = f.hidden() + randomHex()
	if err := os.Mkdir(f.temp, 0o700); err != nil {
		return nil, diskError(f.temp, bare(err))
	}
	var err error
	if f.lock, err = os.Open(f.temp); err == nil {
		err = flock(f.lock)
	}
	if err != nil {
		return nil, errors.Join(err, f.discard())
	}
	return f, nil
}

// hidden is how the names of folders begin that will become target.
func (f *folder) hidden() string {
	return filepath.Join(filepath.Dir(f.target), "."+filepath.Base(f.target)+savingInfix)
}

func (f *folder) spill() string { return filepath.Join(f.temp, ".spill") }

// bare takes the path off an error, which the one around it names.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}

func (f *folder) locate() error {
	if f.given == "" || strings.ContainsAny(f.given, "\x00\n") {
		return errors.New("not a possible name for a folder")
	}
	abs, err := filepath.Abs(f.given)
	if err != nil {
		return err
	}
	if abs == filepath.Dir(abs) {
		return errors.New("not a possible name for a folder")
	}
	parent, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if errors.Is(err, fs.ErrNotExist) {
		return &SaveError{Path: f.given, Err: fmt.Errorf("the folder %s does not exist", filepath.Dir(abs)), Advice: "make it first"}
	}
	if err != nil {
		return bare(err)
	}
	f.target = filepath.Join(parent, filepath.Base(abs))
	return nil
}

// checkTarget refuses a target that is there, or with replace one that no save
// made.
func (f *folder) checkTarget() error {
	st, err := os.Lstat(f.target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return bare(err)
	case !st.IsDir():
		return &SaveError{Path: f.given, Err: errors.New("it is there, and no folder"), Advice: "choose another name"}
	case !f.replace:
		return &SaveError{Path: f.given, Err: errors.New("the folder is there"), Advice: "choose another name, or swap it for the new one with --replace"}
	}
	stranger, err := strangerIn(f.target)
	if err == nil && stranger == "" {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("the folder has something in it that is not of fhirwh save: %s", stranger)
	}
	return &SaveError{Path: f.given, Err: err, Advice: "nothing was changed; move it away, or choose another name"}
}

// strangerIn names something in a folder that is not part of the save whose
// manifest lies there, "" if there is nothing else.
func strangerIn(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return "", errors.New("the folder was not made by fhirwh save")
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil || m.MadeBy != madeBy {
		return "", errors.New("the folder was not made by fhirwh save")
	}
	ours := map[string]bool{manifestName: true, readmeName: true}
	for _, t := range m.Tables {
		for _, file := range t.Files {
			ours[filepath.FromSlash(file.Name)] = true
		}
	}
	stranger := ""
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if name, err := filepath.Rel(dir, path); err != nil || !ours[name] {
			stranger = name
			return fs.SkipAll
		}
		return nil
	})
	return stranger, err
}

// removeDead removes what saves to the same target left that were killed: it
// holds patient data. What cannot be removed is no reason to stop.
func (f *folder) removeDead() {
	left, err := filepath.Glob(escapeGlob(f.hidden()) + "*")
	if err != nil {
		return
	}
	for _, dir := range left {
		d, err := os.OpenFile(dir, os.O_RDONLY|noFollow, 0)
		if err != nil {
			continue
		}
		if st, err := d.Stat(); err == nil && st.IsDir() && flock(d) == nil {
			_ = os.RemoveAll(dir)
		}
		d.Close()
	}
}

// publish makes all of the folder durable and gives it its name.
func (f *folder) publish() error {
	if err := os.RemoveAll(f.spill()); err != nil {
		return err
	}
	if err := f.syncTree(); err != nil {
		return diskError(f.target, bare(err))
	}
	if err := f.ctx.Err(); err != nil {
		return context.Cause(f.ctx)
	}
	if err := f.putInPlace(); err != nil {
		return diskError(f.target, bare(err))
	}
	return place{path: f.target, ops: f.ops}.syncDir()
}

// syncTree syncs every file and folder, and makes them ours alone.
func (f *folder) syncTree() error {
	return filepath.WalkDir(f.temp, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o600)
		if d.IsDir() {
			mode = 0o700
		}
		if err := os.Chmod(path, mode); err != nil {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := f.ops.Sync(file); err != nil && !errors.Is(err, syscall.EINVAL) {
			return err
		}
		return nil
	})
}

// putInPlace renames the folder, or swaps it with the one that is there, which
// it then removes.
func (f *folder) putInPlace() error {
	if err := f.checkTarget(); err != nil { // again: much may have happened meanwhile
		return err
	}
	there, err := exists(f.target)
	if err != nil {
		return err
	}
	if !there {
		return f.ops.Rename(f.temp, f.target)
	}
	err = swapNames(f.temp, f.target)
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOSYS) {
		err = f.swapInSteps()
	}
	if err != nil {
		return err
	}
	return os.RemoveAll(f.temp)
}

// swapInSteps does what swapNames does where the file system cannot: for a
// moment there is no folder of the name.
func (f *folder) swapInSteps() error {
	old := f.hidden() + randomHex()
	if err := f.ops.Rename(f.target, old); err != nil {
		return err
	}
	if err := f.ops.Rename(f.temp, f.target); err != nil {
		return errors.Join(err, f.ops.Rename(old, f.target))
	}
	return f.ops.Rename(old, f.temp)
}

// discard removes what was made.
func (f *folder) discard() error {
	err := os.RemoveAll(f.temp)
	f.close()
	return err
}

func (f *folder) close() {
	if f.lock != nil {
		f.lock.Close()
		f.lock = nil
	}
}
