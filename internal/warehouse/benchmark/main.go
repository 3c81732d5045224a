// Command benchmark measures an import against the ways of loading the same file
// with DuckDB alone, in one run, each in a process of its own, taking turns.
//
//	go build -o /tmp/fhirwh ./cmd/fhirwh
//	go run ./internal/synth -resources 300000 -o /tmp/bench.jsonl
//	go run ./internal/warehouse/benchmark -fhirwh /tmp/fhirwh -file /tmp/bench.jsonl -dir /tmp
//
// It prints the minimum and the median of each way's time, the peak memory of its
// process, the size of the database it made, and how many times as long as the
// import it took.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		os.Exit(1)
	}
}

// config is what the flags say.
type config struct {
	fhirwh, file, dir string
	runs              int
	memory            string
	only              string
}

func run() error {
	var c config
	child := flag.String("child", "", "used by the program itself")
	flag.StringVar(&c.fhirwh, "fhirwh", "", "the fhirwh to measure")
	flag.StringVar(&c.file, "file", "", "JSONL file to load")
	flag.StringVar(&c.dir, "dir", os.TempDir(), "folder for databases, with room for several times the file")
	flag.IntVar(&c.runs, "runs", 3, "runs of each way")
	flag.StringVar(&c.memory, "memory-limit", "", "of the import; default its own")
	flag.StringVar(&c.only, "only", "", "comma-separated names of ways; default all")
	flag.Parse()
	switch *child {
	case "":
	case "prepare":
		return prepare(c)
	default:
		return loadWith(*child, c.file, flag.Arg(0), c.dir)
	}
	if c.fhirwh == "" || c.file == "" {
		flag.Usage()
		os.Exit(2)
	}
	return c.compare()
}

func executable() string {
	self, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return self
}

// A way is one way to load the file into the database out.
type way struct {
	name, what string
	command    func(out string) *exec.Cmd
	inner      bool // the process prints the seconds that count
}

func (c config) ways() []way {
	duckdb := func(kind string) func(string) *exec.Cmd {
		return func(out string) *exec.Cmd {
			return exec.Command(executable(), "-child", kind, "-file", c.file, "-dir", c.dir, out)
		}
	}
	all := []way{
		{"import", "fhirwh import", c.importCommand, false},
		{"sampled", "DuckDB alone, one pass, structures found on a sample", duckdb("sampled"), true},
		{"given", "DuckDB alone, one pass, structures given", duckdb("given"), true},
		{"split", "read_json_auto on files split by type beforehand", duckdb("split"), true},
		{"floor", "CREATE TABLE AS from typed tables in memory, one transaction", duckdb("floor"), true},
	}
	if c.only == "" {
		return all
	}
	names := strings.Split(c.only, ",")
	return slices.DeleteFunc(all, func(w way) bool { return !slices.Contains(names, w.name) })
}

func (c config) importCommand(out string) *exec.Cmd {
	args := []string{"--db", out, "import", c.file}
	if c.memory != "" {
		args = append(args, "--memory-limit", c.memory)
	}
	return exec.Command(c.fhirwh, args...)
}

// A result is one run.
type result struct {
	seconds  float64
	peak     int64 // bytes
	database int64 // bytes
}

func (c config) compare() error {
	// In a process of its own: a child's peak memory begins with its parent's.
	cmd := exec.Command(executable(), "-child", "prepare", "-fhirwh", c.fhirwh, "-file", c.file, "-dir", c.dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("prepare: %w: %s", err, out)
	}
	ways := c.ways()
	results := map[string][]result{}
	for round := range c.runs + 1 { // the first warms the page cache and does not count
		for _, w := range ways {
			r, err := c.measure(w)
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			if round > 0 {
				results[w.name] = append(results[w.name], r)
			}
		}
	}
	c.print(ways, results)
	return nil
}

func (c config) measure(w way) (result, error) {
	out := filepath.Join(c.dir, "benchmark-"+w.name+".duckdb")
	for _, suffix := range []string{"", ".wal", ".lock", ".journal"} {
		if err := os.Remove(out + suffix); err != nil && !os.IsNotExist(err) {
			return result{}, err
		}
	}
	cmd := w.command(out)
	var errors strings.Builder
	cmd.Stderr = &errors
	start := time.Now()
	printed, err := cmd.Output()
	r := result{seconds: time.Since(start).Seconds()}
	if err != nil {
		return r, fmt.Errorf("%w: %s", err, errors.String())
	}
	if w.inner {
		if r.seconds, err = strconv.ParseFloat(strings.TrimSpace(string(printed)), 64); err != nil {
			return r, err
		}
	}
	r.peak = cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
	info, err := os.Stat(out)
	if err != nil {
		return r, err
	}
	r.database = info.Size()
	return r, nil
}

func (c config) print(ways []way, results map[string][]result) {
	info, err := os.Stat(c.file)
	if err != nil {
		return
	}
	fmt.Printf("%s: %.1f MB; %d cores, %s/%s, %d runs each\n\n", c.file, float64(info.Size())/1e6, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, c.runs)
	fmt.Printf("%-64s %7s %7s %8s %8s %8s\n", "", "min s", "med s", "peak MB", "db MB", "ratio")
	base := results["import"]
	for _, w := range ways {
		rs := results[w.name]
		low, mid := spread(rs)
		fmt.Printf("%-64s %7.2f %7.2f %8.0f %8.1f %8s\n", w.what, low, mid, float64(rs[0].peak)/1e6, float64(rs[0].database)/1e6, ratio(rs, base))
	}
}

func spread(rs []result) (low, mid float64) {
	var all []float64
	for _, r := range rs {
		all = append(all, r.seconds)
	}
	slices.Sort(all)
	return all[0], all[len(all)/2]
}

// ratio is the median over the rounds of a way's time as a multiple of the
// import's in the same round.
func ratio(rs, base []result) string {
	if len(base) != len(rs) {
		return ""
	}
	var all []float64
	for i := range rs {
		all = append(all, rs[i].seconds/base[i].seconds)
	}
	slices.Sort(all)
	return fmt.Sprintf("%.2f x", all[len(all)/2])
}
