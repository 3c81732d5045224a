//go:build unix

package parse

import (
	"context"
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

const nonBlocking = unix.O_NONBLOCK

// waitFor returns a reader of a pipe or terminal that does not outlast ctx: a read
// that waits for input could not be ended.
func waitFor(ctx context.Context, f *os.File) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		const timeout = 100 // milliseconds until ctx is looked at again
		fds := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
		for ctx.Err() == nil {
			n, err := unix.Poll(fds, timeout)
			if n > 0 {
				return f.Read(p)
			}
			if err != nil && !errors.Is(err, unix.EINTR) {
				return 0, os.NewSyscallError("poll", err)
			}
		}
		return 0, context.Cause(ctx)
	})
}
