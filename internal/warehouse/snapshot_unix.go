//go:build linux || darwin

package warehouse

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// shareDatabase takes the lock that DuckDB takes on a file it only reads, with the
// limits of lockDatabase. If another process has the file open for writing, it
// returns errLocked and that process, 0 if not known.
func shareDatabase(f *os.File) (pid int, err error) {
	lock := unix.Flock_t{Type: unix.F_RDLCK, Whence: io.SeekStart}
	err = unix.FcntlFlock(f.Fd(), unix.F_SETLK, &lock)
	if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EACCES) {
		return 0, err
	}
	lock = unix.Flock_t{Type: unix.F_RDLCK, Whence: io.SeekStart}
	if unix.FcntlFlock(f.Fd(), unix.F_GETLK, &lock) == nil && lock.Type != unix.F_UNLCK {
		pid = int(lock.Pid)
	}
	return pid, errLocked
}
