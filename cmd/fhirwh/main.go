// Command fhirwh turns FHIR exports into a DuckDB warehouse and answers SQL
// from it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // --timezone must work where the system has no time zones

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := prepareProcess()
	defer stop()
	os.Exit(run(ctx, os.Args[1:], processIO()))
}

// prepareProcess sets what holds for the whole process, and returns a context
// that ends when the user interrupts it. A second interrupt kills at once.
func prepareProcess() (context.Context, func()) {
	syscall.Umask(0o077)           // files hold patient data; DuckDB would make them 0644
	signal.Ignore(syscall.SIGPIPE) // a reader that has enough is no error: see exitCode
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// cli is the grammar of the command line: the flags of every command here, then
// one command a field, each in its own file.
type cli struct {
	DB   string        `name:"db" env:"FHIRWH_DB" default:"warehouse.duckdb" placeholder:"FILE" help:"Warehouse file (${default})."`
	Wait time.Duration `default:"10s" placeholder:"DURATION" help:"How long to wait for a warehouse that another program uses (${default})."`

	Import      importCmd      `cmd:"" help:"Load exports into the warehouse."`
	Query       queryCmd       `cmd:"" help:"Answer SQL."`
	Shell       shellCmd       `cmd:"" help:"Ask in SQL, one question after another."`
	Summary     summaryCmd     `cmd:"" help:"Say what is in the warehouse, and what is odd about it."`
	Patient     patientCmd     `cmd:"" help:"Show what is known of one patient."`
	Tables      tablesCmd      `cmd:"" help:"List tables and views."`
	Describe    describeCmd    `cmd:"" help:"Say what is in a table or view."`
	Imports     importsCmd     `cmd:"" help:"Show what was imported, and when."`
	Rejects     rejectsCmd     `cmd:"" help:"Show lines that were no FHIR resources."`
	Dump        dumpCmd        `cmd:"" help:"Write resources back as NDJSON."`
	Save        saveCmd        `cmd:"" help:"Take views or tables out as files, or leave a copy of the warehouse."`
	Verify      verifyCmd      `cmd:"" help:"Compare the warehouse with its sources."`
	Erase       eraseCmd       `cmd:"" help:"Take a source or a patient out for good."`
	Repair      repairCmd      `cmd:"" help:"Make a damaged warehouse open again."`
	Connect     connectCmd     `cmd:"" help:"Serve the page on which a patient connects their records."`
	Fetch       fetchCmd       `cmd:"" help:"Get the records of connections, and import them."`
	Listen      listenCmd      `cmd:"" help:"Receive events of Fasten Connect, and import what they bring."`
	Events      eventsCmd      `cmd:"" help:"List events, or act on one that came another way."`
	Demo        demoCmd        `cmd:"" help:"Go the whole way once, without keys: what to type first."`
	Sandbox     sandboxCmd     `cmd:"" help:"Run a stand-in for Fasten Connect, to try things and make them fail."`
	Connections connectionsCmd `cmd:"" help:"List the connections of patients that are known."`
	Exports     exportsCmd     `cmd:"" help:"List the exports that are known, and what to do about each."`
	Doctor      doctorCmd      `cmd:"" help:"Check keys, clock, webhook, files and warehouse, and say what to do."`
	Version     versionCmd     `cmd:"" help:"Say which version this is."`
}

const description = `Turn FHIR exports into a DuckDB warehouse that answers SQL.

  fhirwh import export.jsonl
  fhirwh query "SELECT * FROM patients"

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done with rejected lines (import,
fetch, events replay) or differences (verify), 4 the warehouse is in use by another
program, 130 interrupted.`

// run is the program: it parses args, runs a command and returns the exit code.
func run(ctx context.Context, args []string, std stdio) int {
	var c cli
	parser, exited := grammar(ctx, &c, std)
	cmd, err := parser.Parse(args)
	if *exited {
		return exitOK // --help has been printed
	}
	if err != nil {
		return std.fail(ctx, usage(err, args))
	}
	return std.fail(ctx, cmd.Run(&c))
}

func grammar(ctx context.Context, c *cli, std stdio) (parser *kong.Kong, exited *bool) {
	exited = new(bool)
	parser, err := kong.New(c,
		kong.Name("fhirwh"),
		kong.Description(description),
		kong.Writers(std.out, std.err),
		kong.Exit(func(int) { *exited = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Vars{"workers": strconv.Itoa(runtime.GOMAXPROCS(0)), "sources": sourcesHelp},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(std),
	)
	if err != nil {
		panic(err) // the grammar itself is wrong: a bug, found by any test
	}
	return parser, exited
}

// usage turns an error of the parser into one that says what to type.
func usage(err error, args []string) error {
	e := &usageError{text: err.Error(), hint: "fhirwh --help"}
	var parse *kong.ParseError
	if !errors.As(err, &parse) || parse.Context == nil || parse.Context.Command() == "" {
		return e
	}
	command, _, _ := strings.Cut(parse.Context.Command(), " ")
	e.hint = fmt.Sprintf("fhirwh %s --help", command)
	if command == "query" && strings.HasPrefix(e.text, "unexpected argument") {
		e.hint = `put the SQL in quotes: fhirwh query "SELECT ..."`
	}
	return e
}
