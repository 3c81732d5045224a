package main

import (
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// openBrowser opens an address of ours in the user's browser, by way of a file in
// dir that the function it returns removes: other users of the machine see command
// lines, and the address holds a secret.
func openBrowser(std stdio, address, dir string) (remove func()) {
	path := filepath.Join(dir, "open.html")
	page := fmt.Sprintf(`<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=%[1]s"><a href="%[1]s">Go on</a>`, html.EscapeString(address))
	os.Remove(path) // of a command that was killed; its mode may be anything
	err := os.WriteFile(path, []byte(page), 0o600)
	if err == nil {
		err = startOpener(path)
	}
	if err != nil {
		std.note("no browser could be opened: use the address above\n")
	}
	return func() { os.Remove(path) }
}

// startOpener starts the program of the desktop that opens files.
func startOpener(path string) error {
	name, args := "xdg-open", []string{path}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", path}
	}
	cmd := exec.Command(name, args...)
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait() // so that it leaves no process behind
	return nil
}
