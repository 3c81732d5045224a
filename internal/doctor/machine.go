package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// files looks at who may read what holds records or secrets.
func (p *Patient) files() []Check {
	var checks []Check
	for _, f := range []struct{ name, path string }{
		{"configuration file", p.ConfigFile},
		{"warehouse file", p.DB},
		{"landing folder", p.Landing},
	} {
		if c, there := private(f.name, f.path); there {
			checks = append(checks, c)
		}
	}
	return checks
}

func private(name, path string) (c Check, there bool) {
	if path == "" {
		return Check{}, false
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Check{}, false
	}
	if err != nil {
		return failed(name, err), true
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return Check{name, Warning, fmt.Sprintf("%s has mode %04o: others on this machine may read it", path, mode), "chmod go= " + path}, true
	}
	return Check{name, OK, path + " is readable by you alone", ""}, true
}

// Free space below which imports and downloads are likely to fail.
const (
	spaceLow  = 10 << 30
	spaceNone = 1 << 30
)

func (p *Patient) disk() Check {
	const name = "disk"
	folder := existing(filepath.Dir(p.DB))
	free := warehouse.FreeSpace(folder)
	found := fmt.Sprintf("%.1f GiB free in %s", float64(free)/(1<<30), folder)
	switch {
	case free < 0:
		return Check{name, Skipped, "this system does not say how much is free", ""}
	case free < spaceNone:
		return Check{name, Failure, found, "make room: an export can take 3 GB"}
	case free < spaceLow:
		return Check{name, Warning, found, "an export can take 3 GB, and its import half of that"}
	}
	return Check{name, OK, found, ""}
}

// existing returns the folder, or the first one above it that is there.
func existing(folder string) string {
	for {
		if _, err := os.Stat(folder); err == nil {
			return folder
		}
		above := filepath.Dir(folder)
		if above == folder {
			return folder
		}
		folder = above
	}
}

// warehouse opens it for reading, without waiting.
func (p *Patient) warehouse(ctx context.Context) Check {
	const name = "warehouse"
	r, err := warehouse.OpenReader(ctx, p.DB, warehouse.ReadOptions{})
	switch {
	case errors.Is(err, warehouse.ErrMissing):
		return Check{name, OK, p.DB + " is not there yet: the first import makes it", ""}
	case errors.Is(err, warehouse.ErrBusy):
		return Check{name, Warning, err.Error(), warehouse.Hint(err)}
	case err != nil:
		return failed(name, err)
	}
	defer r.Close()
	return Check{name, OK, p.DB + " opens, and nobody is writing to it", ""}
}

// encryption looks for the one kind of encrypted disk that a process can see
// without rights of its own: a device-mapper volume of Linux.
func (p *Patient) encryption() Check {
	const name = "encryption at rest"
	advice := "the warehouse is not encrypted: keep it on an encrypted disk (LUKS, FileVault, BitLocker)"
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return Check{name, Skipped, "this system does not say", advice}
	}
	folder, err := filepath.Abs(existing(filepath.Dir(p.DB)))
	if err != nil {
		return Check{name, Skipped, "this system does not say", advice}
	}
	device := deviceOf(folder, string(mounts))
	if strings.HasPrefix(device, "/dev/mapper/") || strings.HasPrefix(device, "/dev/dm-") {
		return Check{name, OK, device + " is a mapped volume, which may be encrypted", ""}
	}
	return Check{name, Warning, "cannot tell whether the disk is encrypted (" + device + ")", advice}
}

// deviceOf returns the device of the longest mount point that folder is in.
func deviceOf(folder, mounts string) string {
	device, length := "", -1
	for line := range strings.Lines(mounts) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		point := strings.TrimSuffix(fields[1], "/")
		if (folder == point || strings.HasPrefix(folder, point+"/")) && len(point) > length {
			device, length = fields[0], len(point)
		}
	}
	return device
}
