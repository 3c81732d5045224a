package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"fhirwh": main})
}

// TestScripts runs what a person types and compares what they see. Each script
// is a story; files it needs stand at its end. $EXAMPLE is the example export.
func TestScripts(t *testing.T) {
	example, err := filepath.Abs("../../testdata/example_export.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("EXAMPLE", example)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exit":   scriptExit,
			"held":   scriptHeld,
			"memory": scriptMemory,
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}
