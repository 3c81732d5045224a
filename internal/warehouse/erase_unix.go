//go:build linux || darwin

package warehouse

import (
	"os"
	"syscall"
)

// linksOf is how many names lead to a file.
func linksOf(st os.FileInfo) int {
	s, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return 1
	}
	return int(s.Nlink)
}
