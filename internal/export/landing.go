package export

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// The folders of a landing folder.
const (
	eventsDir      = "events"      // an Event each
	connectionsDir = "connections" // a Connection each
	exportsDir     = "exports"     // an Export each
	erasedDir      = "erased"      // what must not come back: see Forget
	filesDir       = "files"       // originals, compressed, in a folder per task
	partDir        = "part"        // downloads that are not complete
)

// The lock files of a landing folder. They are empty and stay.
const (
	recordLock = "landing.lock" // held for a moment, while a record is changed
	workLock   = "worker.lock"  // held by the one worker
)

// A Landing is the folder where exports land: what is known of connections and
// exports, the events that came, and the files themselves.
//
// Several processes may use it at once. Each record is a file of its own that is
// replaced whole and is on disk before the call that wrote it returns: a reader
// sees the old record or the new one. Ids are opaque and become names through
// [safeName]. Everything in it may be sensitive, so only its owner can read it.
type Landing struct {
	dir      string
	lookOnly bool
	now      func() time.Time
	mu       sync.Mutex // before the lock between processes, which threads would wait for
}

// A LandingError says why a folder is not used as a landing folder.
type LandingError struct {
	Path   string
	Detail string
	Advice string
}

func (e *LandingError) Error() string { return oneLine(e.Path, 300) + ": " + e.Detail }

// Hint says what to do.
func (e *LandingError) Hint() string { return e.Advice }

// errLookOnly: a Landing of LookLanding was to be changed.
var errLookOnly = errors.New("the landing folder was opened for reading")

// OpenLanding opens the landing folder dir and makes it where it is missing; the
// folder above must exist. It refuses a folder that others can read or that is
// not ours with a [*LandingError], and removes what writers that died left.
func OpenLanding(dir string) (*Landing, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open landing folder: %w", err)
	}
	l := &Landing{dir: abs, now: time.Now}
	for _, name := range []string{"", eventsDir, connectionsDir, exportsDir, erasedDir, filesDir, partDir} {
		if err := makePrivate(filepath.Join(abs, name)); err != nil {
			return nil, err
		}
	}
	return l, l.removeOldTemps()
}

// LookLanding opens the landing folder dir for reading. One that is missing is
// empty.
func LookLanding(dir string) (*Landing, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open landing folder: %w", err)
	}
	st, err := os.Lstat(abs)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("open landing folder: %w", err)
	case !st.IsDir():
		return nil, notPlain(abs)
	}
	return &Landing{dir: abs, lookOnly: true, now: time.Now}, nil
}

// makePrivate makes a folder that is ours alone, or checks that it is.
func makePrivate(path string) error {
	made := os.Mkdir(path, 0o700)
	if made != nil && !errors.Is(made, fs.ErrExist) {
		return fmt.Errorf("make landing folder: %w", made)
	}
	if err := checkPrivate(path); err != nil || made != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// checkPrivate refuses a folder that is none, or that others own or can look into.
func checkPrivate(path string) error {
	st, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("open landing folder: %w", err)
	}
	if !st.IsDir() {
		return notPlain(path)
	}
	if uid, ok := ownerOf(st); ok && uid != os.Geteuid() {
		return &LandingError{path, "it belongs to another user", "choose another folder with --landing, or run as its owner"}
	}
	if perm := st.Mode().Perm(); perm&0o077 != 0 {
		return &LandingError{path, fmt.Sprintf("others can look into it (mode %#o)", perm), "chmod 700 " + path}
	}
	return nil
}

func notPlain(path string) error {
	return &LandingError{path, "not a folder, or a symbolic link to one", "name the folder itself with --landing"}
}

// Dir is the absolute path of the folder.
func (l *Landing) Dir() string { return l.dir }

// FilePath is where the original of a file lands, as zstd.
func (l *Landing) FilePath(taskID, fileID string) string { return l.Path(fileName(taskID, fileID)) }

// PartPath is where a file is while it comes.
func (l *Landing) PartPath(taskID, fileID string) string {
	return filepath.Join(l.dir, partDir, safeName(taskID)+"."+safeName(fileID))
}

// Path is the path of a file that a record names, see [ExportFile].
func (l *Landing) Path(name string) string { return filepath.Join(l.dir, filepath.FromSlash(name)) }

// fileName is the name of a file's original in the landing folder.
func fileName(taskID, fileID string) string {
	return filesDir + "/" + safeName(taskID) + "/" + safeName(fileID) + ".jsonl.zst"
}

// safeName turns an id into the name of a file. An id may have any length and
// hold anything; two ids have two names also where case does not count. What
// can be read of it is for people.
func safeName(id string) string {
	const readable = 64
	id = validText(id)
	sum := sha256.Sum256([]byte(id))
	plain := strings.Map(plainRune, id[:min(len(id), readable)])
	return strings.TrimLeft(plain, ".") + "-" + hex.EncodeToString(sum[:16])
}

func plainRune(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '.':
		return r
	}
	return '_'
}

// validText is text as JSON keeps it.
func validText(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// TryWork makes the caller the one worker of this folder until it calls release.
// ok is false if another one works on it, in this process or another.
func (l *Landing) TryWork() (release func(), ok bool, err error) {
	f, err := l.openLock(workLock)
	if err != nil {
		return nil, false, err
	}
	taken, err := flock(f, false)
	if err != nil || !taken {
		return nil, false, errors.Join(err, f.Close())
	}
	return func() { f.Close() }, true, nil
}

func (l *Landing) openLock(name string) (*os.File, error) {
	if l.lookOnly {
		return nil, errLookOnly
	}
	f, err := os.OpenFile(filepath.Join(l.dir, name), os.O_CREATE|os.O_RDWR|noFollow, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock landing folder: %w", err)
	}
	return f, nil
}

// locked calls do while no other process and no other goroutine changes a record.
func (l *Landing) locked(do func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := l.openLock(recordLock)
	if err != nil {
		return err
	}
	defer f.Close() // which lets the lock go
	if _, err := flock(f, true); err != nil {
		return fmt.Errorf("lock landing folder: %w", err)
	}
	return do()
}
