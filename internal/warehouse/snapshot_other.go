//go:build !linux && !darwin

package warehouse

import (
	"errors"
	"os"
)

// shareDatabase cannot be done without POSIX locks.
func shareDatabase(*os.File) (pid int, err error) { return 0, errors.ErrUnsupported }
