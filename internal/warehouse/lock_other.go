//go:build !linux && !darwin

package warehouse

import (
	"errors"
	"os"
)

// Without POSIX locks fhirwh cannot keep two programs from one warehouse, so it
// does not write one here.

const noFollow = 0

func flock(*os.File) error { return errors.ErrUnsupported }

func lockDatabase(*os.File) (int, error) { return 0, errors.ErrUnsupported }

func FreeSpace(string) int64 { return -1 }

func othersMayReplace(os.FileMode) bool { return false }

func ownerOf(os.FileInfo) (int, bool) { return 0, false }
