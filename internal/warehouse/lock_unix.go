//go:build linux || darwin

package warehouse

import (
	"errors"
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const noFollow = unix.O_NOFOLLOW

// flock takes the lock of a lock file, or returns errLocked at once.
func flock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errLocked
	}
	return err
}

// lockDatabase takes the lock that DuckDB takes on a file it writes. It does not
// see a lock of this process, and it is dropped when any descriptor of the file
// is closed in this process. If another process has the file open in DuckDB, it
// returns errLocked and that process, 0 if not known.
func lockDatabase(f *os.File) (pid int, err error) {
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	err = unix.FcntlFlock(f.Fd(), unix.F_SETLK, &lock)
	if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EACCES) {
		return 0, err
	}
	lock = unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	if unix.FcntlFlock(f.Fd(), unix.F_GETLK, &lock) == nil && lock.Type != unix.F_UNLCK {
		pid = int(lock.Pid)
	}
	return pid, errLocked
}

// FreeSpace is the number of bytes that an ordinary user can still write to the
// file system of the folder, or -1.
func FreeSpace(dir string) int64 {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return -1
	}
	return int64(st.Bavail) * int64(st.Bsize)
}

// othersMayReplace reports whether any user may put files in place of ours in a
// folder of that mode.
func othersMayReplace(mode os.FileMode) bool {
	return mode.Perm()&0o002 != 0 && mode&os.ModeSticky == 0
}

// ownerOf is the user that a file belongs to.
func ownerOf(st os.FileInfo) (uid int, ok bool) {
	s, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(s.Uid), true
}
