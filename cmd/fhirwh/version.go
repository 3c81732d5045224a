package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// version is set when a release is linked: -ldflags "-X main.version=v1.2.3".
// Otherwise Go knows the version from the repository.
var version string

// versionCmd says which version this is. It opens no database.
type versionCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

func (cmd *versionCmd) Run(std stdio) error {
	v := struct {
		Version string `json:"version"`
		DuckDB  string `json:"duckdb"`
		Go      string `json:"go"`
		OS      string `json:"os"`
		Arch    string `json:"arch"`
	}{ourVersion(), warehouse.EngineVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH}
	if cmd.JSON {
		return std.printJSON(v)
	}
	_, err := fmt.Fprintf(std.out, "fhirwh %s (DuckDB %s, %s, %s/%s)\n", v.Version, v.DuckDB, v.Go, v.OS, v.Arch)
	return err
}

func ourVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
