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

func TestQueryOnAnEmptyDatabase(t *testing.T) {
	_, err := testReader(t, ReadOptions{}).Query(t.Context(), "from patients")
	if e, ok := errors.AsType[*QueryError](err); !ok || !strings.Contains(e.Advice, "fhirwh import") {
		t.Errorf("got %v", err)
	}
}
