//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A terminal is a pseudo-terminal with a shell in it.
type terminal struct {
	t    *testing.T
	own  *os.File // our side
	cmd  *exec.Cmd
	mu   sync.Mutex
	seen bytes.Buffer // and not expected yet
}

// startShell runs fhirwh shell in a terminal of that many columns.
func startShell(t *testing.T, columns uint16, state, db string, args ...string) *terminal {
	t.Helper()
	own, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminal:", err)
	}
	t.Cleanup(func() { own.Close() })
	n, err := unix.IoctlGetInt(int(own.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(own.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(own.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
		t.Fatal(err)
	}
	other, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminal:", err)
	}
	defer other.Close()
	cmd := &exec.Cmd{
		Path: os.Args[0], Args: append([]string{"fhirwh", "shell", "--db", db}, args...),
		Env:   append(os.Environ(), "TERM=xterm", "XDG_STATE_HOME="+state),
		Stdin: other, Stdout: other, Stderr: other,
		SysProcAttr: &syscall.SysProcAttr{Setsid: true, Setctty: true},
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, own: own, cmd: cmd}
	t.Cleanup(func() { cmd.Process.Kill() })
	go term.watch()
	return term
}

func (term *terminal) watch() {
	b := make([]byte, 4096)
	for {
		n, err := term.own.Read(b)
		term.mu.Lock()
		term.seen.Write(b[:n])
		term.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// expect waits until the terminal shows the text, and returns what it shows up to
// there since the last time. Every half second it presses the keys.
func (term *terminal) expect(text string, pressing ...string) string {
	term.t.Helper()
	for i := range 3000 {
		if seen, ok := term.take(text); ok {
			return seen
		}
		if i%50 == 49 && pressing != nil {
			term.keys(pressing[0])
		}
		time.Sleep(10 * time.Millisecond)
	}
	term.t.Fatalf("the terminal does not show %q, but\n%s", text, term.seen.String())
	return ""
}

// take takes what is shown up to the text, if that is.
func (term *terminal) take(text string) (string, bool) {
	term.mu.Lock()
	defer term.mu.Unlock()
	seen, rest, ok := strings.Cut(strings.ReplaceAll(term.seen.String(), "\r\n", "\n"), text)
	if !ok {
		return "", false
	}
	term.seen.Reset()
	term.seen.WriteString(rest)
	return seen + text, true
}

func (term *terminal) keys(keys string) {
	term.t.Helper()
	if _, err := term.own.WriteString(keys); err != nil {
		term.t.Fatal(err)
	}
}

// ask types a line and waits for the next prompt.
func (term *terminal) ask(line string) string {
	term.t.Helper()
	term.keys(line + "\r")
	return term.expect("\nfhirwh> ")
}

func TestShellOnATerminal(t *testing.T) {
	db, state := imported(t), t.TempDir()
	term := startShell(t, 60, state, db)
	term.expect("fhirwh> ")

	if got := term.ask("SELECT patient_id FROM patients ORDER BY 1;"); !strings.Contains(got, "\na\nb\n2 rows in ") {
		t.Errorf("got %q", got)
	}

	// Over two lines, completed by Tab.
	term.keys("SELECT gen\t")
	term.keys("\r")
	term.expect("   ...> ")
	term.keys("FROM pat\t")
	term.expect("FROM patient")
	term.keys("s;\r")
	term.expect("there is no column gen in patients")
	term.expect("fhirwh> ")
	term.keys("SELECT given_ FROM patients;")
	term.keys(strings.Repeat("\x1b[D", len(" FROM patients;")) + "\t")
	term.expect("given_name")
	term.keys("\r")
	term.expect("given_name\n──────────\nNULL")
	term.expect("fhirwh> ")

	// A line given up, and a query stopped: the shell goes on.
	// The editor shows its prompt before it takes Ctrl-C for a key, and text after.
	term.keys("SELECT 'never ran")
	term.expect("'never ran")
	term.keys("\x03")
	term.expect("^C")
	term.keys("SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range < 0;\r")
	term.expect("fhirwh: interrupted", "\x03")
	term.expect("fhirwh> ")
	term.keys(`SELECT 'on' || 'ward' AS v\G` + "\r") // a Ctrl-C too many gives up a line before it
	term.expect("\nv  onward\n")
	term.expect("\nfhirwh> ")

	// One column a line, and as wide as the terminal is now.
	term.ask(".param p it's")
	if got := term.ask(`SELECT $p AS v\G`); !strings.Contains(got, "\nv  it's\n1 row in ") {
		t.Errorf("got %q", got)
	}
	if err := unix.IoctlSetWinsize(int(term.own.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 40}); err != nil {
		t.Fatal(err)
	}
	if got := term.ask(`SELECT 1 AS v\G`); !strings.Contains(got, "── row 1 "+strings.Repeat("─", 40-9)+"\n") {
		t.Errorf("got %q", got)
	}
	if got := term.ask(".timer off"); strings.Contains(got, "row") {
		t.Errorf("got %q", got)
	}

	// An import need not wait.
	file := filepath.Join(t.TempDir(), "more.ndjson")
	if err := os.WriteFile(file, []byte(`{"resourceType":"Patient","id":"c"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := runIn(t, t.Context(), stdio{}, "import", "--db", db, "--wait", "0s", file); code != exitOK {
		t.Errorf("import: exit code %d: %s", code, errOut)
	}
	if got := term.ask("SELECT count(*) AS n FROM patients;"); !strings.Contains(got, "\nn\n─\n3\n1 row\n") {
		t.Errorf("got %q", got)
	}

	term.keys("\x04")
	if err := term.cmd.Wait(); err != nil {
		t.Errorf("the shell ended with %v", err)
	}
	checkHistory(t, filepath.Join(state, "fhirwh", "history"))
}

func checkHistory(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"SELECT patient_id FROM patients ORDER BY 1;\n", "SELECT gen FROM patients;\n", ".timer off\n", "SELECT 1 AS v\\G\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the history lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "never ran") {
		t.Errorf("the history has what was given up:\n%s", text)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestShellKeepsNoHistory(t *testing.T) {
	db, state := imported(t), t.TempDir()
	term := startShell(t, 80, state, db, "--no-history")
	term.expect("fhirwh> ")
	term.ask("SELECT 1;")
	term.keys(".quit\r")
	if err := term.cmd.Wait(); err != nil {
		t.Errorf("the shell ended with %v", err)
	}
	if entries, err := os.ReadDir(state); err != nil || len(entries) > 0 {
		t.Errorf("got %v, %v", entries, err)
	}
}

func TestShellEndsWhenAsked(t *testing.T) {
	term := startShell(t, 80, t.TempDir(), imported(t))
	term.expect("fhirwh> ")
	if err := term.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	term.expect("interrupted")
	err := term.cmd.Wait()
	if code := term.cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d, %v", code, err)
	}
}
