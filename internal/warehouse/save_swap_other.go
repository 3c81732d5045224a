//go:build !linux && !darwin

package warehouse

import "errors"

// swapNames cannot be done here.
func swapNames(_, _ string) error { return errors.ErrUnsupported }
