package warehouse

import "golang.org/x/sys/unix"

// swapNames gives two files or folders each other's name, in one step.
func swapNames(one, two string) error { return unix.RenamexNp(one, two, unix.RENAME_SWAP) }
