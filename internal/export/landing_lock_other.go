//go:build !linux && !darwin

package export

import (
	"errors"
	"os"
)

// Without locks fhirwh cannot keep two programs from one record, so it keeps no
// landing folder here.

func flock(*os.File, bool) (bool, error) { return false, errors.ErrUnsupported }

func ownerOf(os.FileInfo) (int, bool) { return 0, false }
