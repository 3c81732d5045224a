package warehouse

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// mapMemory takes n bytes from the operating system, outside Go's heap: DuckDB
// keeps pointers into them while it copies strings, and must find nothing moved
// or collected.
func mapMemory(n int) []byte {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		panic(fmt.Sprintf("out of memory: map %d bytes: %v", n, err))
	}
	return b
}

// unmapMemory gives back what mapMemory took.
func unmapMemory(b []byte) {
	if err := unix.Munmap(b[:cap(b)]); err != nil {
		panic(fmt.Sprintf("unmap %d bytes: %v", cap(b), err))
	}
}
