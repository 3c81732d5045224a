//go:build !linux && !darwin

package export

import (
	"errors"
	"os"
	"syscall"
)

const noFollow = 0

func lockFile(*os.File) error { return nil }

func freeSpace(string) int64 { return -1 }

func isNoSpace(err error) bool { return errors.Is(err, syscall.ENOSPC) }
