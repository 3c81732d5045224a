// Command cookbook times the questions of sql/cookbook on a warehouse, and the same
// questions by JSON extraction over raw resources, in one run.
//
//	go run ./internal/warehouse/benchmark/cookbook -db warehouse.duckdb -file export.jsonl
//
// The warehouse must have been imported from the file. Times are medians, warm: each
// question is asked once before it is timed.
package main

import (
	"context"
	"database/sql"
	"embed"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the way that users of DuckDB alone would take
)

//go:embed extraction/*.sql
var extraction embed.FS

func main() {
	db := flag.String("db", "warehouse.duckdb", "warehouse")
	file := flag.String("file", "", "export that the warehouse was imported from")
	questions := flag.String("questions", "sql/cookbook", "folder of the cookbook")
	runs := flag.Int("runs", 5, "times that each question is timed")
	flag.Parse()
	if err := compare(context.Background(), *db, *file, *questions, *runs); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func compare(ctx context.Context, db, file, questions string, runs int) error {
	ours, err := sql.Open("duckdb", db+"?access_mode=READ_ONLY")
	if err != nil {
		return err
	}
	defer ours.Close()
	raw, err := rawResources(ctx, file)
	if err != nil {
		return err
	}
	defer raw.Close()
	files, err := filepath.Glob(filepath.Join(questions, "*.sql"))
	if err != nil {
		return err
	}
	fmt.Printf("%d cores, median of %d, warm\n%-30s %10s %12s %8s\n", runtime.NumCPU(), runs, "question", "views", "extraction", "ratio")
	var ratios []float64
	for _, f := range files {
		ratio, err := ask(ctx, ours, raw, f, runs)
		if err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
		if ratio > 0 {
			ratios = append(ratios, ratio)
		}
	}
	slices.Sort(ratios)
	if len(ratios) > 0 {
		fmt.Printf("median ratio of %d questions: %.1f\n", len(ratios), ratios[len(ratios)/2])
	}
	return nil
}

// rawResources loads the file's lines as JSON into a table of their own.
func rawResources(ctx context.Context, file string) (*sql.DB, error) {
	raw, err := sql.Open("duckdb", "")
	if err != nil || file == "" {
		return raw, err
	}
	_, err = raw.ExecContext(ctx, "create table raw as select json from read_ndjson_objects('"+strings.ReplaceAll(file, "'", "''")+"', maximum_object_size = 268435456)")
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", file, err)
	}
	return raw, nil
}

// ask times one question both ways and returns how many times as long extraction
// takes; 0 if nobody wrote the question that way.
func ask(ctx context.Context, ours, raw *sql.DB, file string, runs int) (float64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	name := strings.TrimSuffix(filepath.Base(file), ".sql")
	views, err := timed(ctx, ours, string(text), runs)
	if err != nil && strings.Contains(err.Error(), "Binder Error") {
		fmt.Printf("%-30s asks for an element that this warehouse never met\n", name)
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	other, err := extraction.ReadFile(path.Join("extraction", name+".sql"))
	if err != nil {
		fmt.Printf("%-30s %7.1f ms\n", name, milliseconds(views))
		return 0, nil
	}
	extracted, err := timed(ctx, raw, string(other), runs)
	if err != nil {
		return 0, fmt.Errorf("by extraction: %w", err)
	}
	ratio := float64(extracted) / float64(views)
	fmt.Printf("%-30s %7.1f ms %9.1f ms %7.1fx\n", name, milliseconds(views), milliseconds(extracted), ratio)
	return ratio, nil
}

func timed(ctx context.Context, db *sql.DB, text string, runs int) (time.Duration, error) {
	var took []time.Duration
	for i := range runs + 1 {
		start := time.Now()
		if err := readAll(ctx, db, text); err != nil {
			return 0, err
		}
		if i > 0 {
			took = append(took, time.Since(start))
		}
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}

func readAll(ctx context.Context, db *sql.DB, text string) error {
	rows, err := db.QueryContext(ctx, text)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
