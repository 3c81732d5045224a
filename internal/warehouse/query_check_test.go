package warehouse

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckRefuses(t *testing.T) {
	r := testReader(t, ReadOptions{}, "create table t as select 1 as i")
	tests := []struct {
		sql  string
		what string
	}{
		{"insert into t values (1)", "INSERT"},
		{"with a as (select 1) insert into t from a", "INSERT"},
		{"update t set i = 0", "UPDATE"},
		{"DELETE from t", "DELETE"},
		{"merge into t using t s on t.i = s.i when matched then delete", "MERGE"},
		{"create temp table x as select 1", "CREATE"},
		{"create macro f() as 1", "CREATE"},
		{"drop table t", "DROP"},
		{"alter table t add column j integer", "ALTER"},
		{"comment on table t is 'x'", "COMMENT"},
		{"/* select */ copy t to 'x'", "COPY"},
		{"explain copy t to 'x'", "COPY"},
		{"explain analyze copy t to 'x'", "COPY"},
		{"explain (analyze) insert into t values (1)", "INSERT"},
		{"export database 'x'", "EXPORT"},
		{"import database 'x'", "IMPORT"},
		{"attach 'x'", "ATTACH"},
		{"detach x", "DETACH"},
		{"use memory", "USE"},
		{"set threads = 1", "SET"},
		{"set variable x = 1", "SET"},
		{"reset threads", "RESET"},
		{"pragma enable_profiling", "a call of enable_profiling"},
		{"pragma memory_limit = '1GB'", "PRAGMA"},
		{"call pragma_version()", "CALL"},
		{"checkpoint", "CHECKPOINT"},
		{"vacuum", "VACUUM"},
		{"begin", "BEGIN"},
		{"prepare x as select 1", "PREPARE"},
		{"execute x", "EXECUTE"},
		{"load httpfs", "LOAD"},
		{"install httpfs", "INSTALL"},
		{"from enable_logging()", "a call of enable_logging"},
		{`from "enable_logging"()`, "a call of enable_logging"},
	}
	for _, tt := range tests {
		t.Run(tt.sql, func(t *testing.T) {
			refused, ok := errors.AsType[*RefusedError](r.Check(tt.sql))
			if !ok || refused.What != tt.what {
				t.Errorf("got %v, want %s refused", r.Check(tt.sql), tt.what)
			}
		})
	}
}

func TestCheckLetsQuestionsPass(t *testing.T) {
	r := testReader(t, ReadOptions{}, "create table t as select 1 as i, 'x' as s")
	for _, sql := range []string{
		"select 1", "from t", "values (1)", "table t", "(select 1) union (select 2)", "with a as (select 1) from a",
		"describe t", "summarize t", "show tables", "show all tables", "pragma version", "pragma table_info('t')",
		"pivot t on i in (1) using count(*)", "unpivot t on s into name n value v", "explain select 1", "explain analyze select 1",
		"explain (format json) select 1", "-- comment\nselect 1 -- more",
	} {
		if err := r.Check(sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestQueryErrors(t *testing.T) {
	r := testReader(t, ReadOptions{},
		`create table Patient as select 'x' as id, {"end": 'y', start: 'z'} as period, 'n' as note`,
		"create view patients as select id from Patient")
	tests := []struct {
		sql    string
		text   string
		advice string
	}{
		{"select * from pateints", "Table with name pateints does not exist!", "did you mean patients?"},
		{"select * from xyz", "Table with name xyz does not exist!", "fhirwh tables lists what there is"},
		{"select * from observation", "Table with name observation does not exist!", "no Observation was imported; fhirwh tables lists what there is"},
		{"select * from Group", `syntax error at or near "Group"`, `Group is a word of SQL: as a name it needs double quotes, "Group"`},
		{"select start, end from Patient", `syntax error at or near "end"`, `end is a word of SQL: as a name it needs double quotes, "end"`},
		{"select from where", `syntax error at or near "where"`, ""},
		{"select nota from Patient", `Referenced column "nota" not found in FROM clause!`, `did you mean "note"`},
		{"select period.ende from Patient", `Could not find key "ende" in struct`, `did you mean "end"`},
		{"select lenght('x')", "Scalar Function with name lenght does not exist!", `did you mean "length"?`},
		{"select 'x'::integer", "Conversion Error: Could not convert string 'x' to INT32", ""},
		{"pivot Patient on id", "a PIVOT must say which values become columns", "as in PIVOT t ON gender IN ('female', 'male') USING count(*)"},
		{"select ?", "the statement has a parameter: write the value instead of ? or $1", ""},
		{"select 1\x00; drop table Patient", "the statement has a NUL byte in it", ""},
		{"from read_text('/etc/hostname')", "SQL given to query can neither read nor write files, nor reach the network", "--allow-files lets it read files of yours, and trust the SQL not to write any"},
		{"select error('mine')", "Invalid Input Error: mine", ""},
	}
	for _, tt := range tests {
		t.Run(tt.sql, func(t *testing.T) {
			res, err := r.Query(t.Context(), tt.sql)
			if err == nil {
				for res.Next() {
				}
				err = res.Close()
			}
			e, ok := errors.AsType[*QueryError](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if e.Text != tt.text || e.Advice != tt.advice {
				t.Errorf("got  %q, %q\nwant %q, %q", e.Text, e.Advice, tt.text, tt.advice)
			}
			if e.Where != "" && !strings.Contains(e.Where, "^") {
				t.Errorf("no caret in %q", e.Where)
			}
		})
	}
}

func TestQueryOnAnEmptyDatabase(t *testing.T) {
	_, err := testReader(t, ReadOptions{}).Query(t.Context(), "from patients")
	if e, ok := errors.AsType[*QueryError](err); !ok || !strings.Contains(e.Advice, "fhirwh import") {
		t.Errorf("got %v", err)
	}
}
