package parse

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/zeebo/xxh3"

	"github.com/fhirwh/fhirwh/internal/schema"
)

func TestDecodeWarns(t *testing.T) {
	tests := []struct {
		name, in string
		want     Warnings
	}{
		{"nothing", `{"resourceType":"Patient","id":"a.B-9","language":"\t\n\r\u00e9","name":[{"given":[null]}]}`, Warnings{}},
		{"raw strings", "{\"resourceType\":\"Patient\",\"language\":\"\xff\",\"x\":[\"\\ud800\",\"\xff\"]}", Warnings{RawStrings: 3, UntypedValues: 1, UnknownElements: 1}},
		{"raw name", `{"resourceType":"Patient","\ud800":1}`, Warnings{RawStrings: 1}},
		{"control characters", `{"resourceType":"Patient","language":"\u0000\b","x":"\u001f"}`, Warnings{ControlChars: 2, UnknownElements: 1}},
		{"long id", `{"resourceType":"Patient","id":"` + strings.Repeat("x", 65) + `"}`, Warnings{LongIDs: 1}},
		{"odd id", `{"resourceType":"Patient","id":"a_b"}`, Warnings{LongIDs: 1}},
		{"empty id", `{"resourceType":"Patient","id":""}`, Warnings{UntypedValues: 1}},
		{"resourceType twice", `{"resourceType":"Patient","resourceType":"Patient"}`, Warnings{DuplicateNames: 1}},
		{"null", `{"resourceType":"Patient","active":null,"name":[null]}`, Warnings{MisplacedNulls: 2}},
		{"misfits", `{"resourceType":"Patient","active":1,"name":[],"maritalStatus":{},"photo":[1]}`, Warnings{UntypedValues: 4}},
		{"unknown type", `{"resourceType":"X","id":"\b","y":1}`, Warnings{UnknownTypes: 1, ControlChars: 1, LongIDs: 1}},
		{"duplicates", `{"resourceType":"Patient","id":"a","id":"b","x":{"y":1,"y":2}}`, Warnings{DuplicateNames: 2, UnknownElements: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := decodeText(newDecoder(&Options{LastDuplicate: true}), []byte(tt.in), nil)
			if b.Warned != tt.want {
				t.Errorf("got  %+v\nwant %+v", b.Warned, tt.want)
			}
		})
	}
}

func TestRecursionEnds(t *testing.T) {
	nest := func(open, close string, n int) string { return strings.Repeat(open, n) + strings.Repeat(close, n) }
	for _, in := range []string{
		`{"resourceType":"QuestionnaireResponse","item":[` + nest(`{"linkId":"a","item":[`, `]}`, 100) + `]}`,
		`{"resourceType":"Patient","extension":[` + nest(`{"url":"u","extension":[`, `]}`, 100) + `]}`,
		`{"resourceType":"Patient","identifier":[{"assigner":` + nest(`{"identifier":{"assigner":`, `}}`, 100) + `}]}`,
		`{"resourceType":"Questionnaire","item":[` + nest(`{"answerOption":[{"extension":[{"extension":[]}]}],"item":[`, `]}`, 9) + `]}`,
	} {
		in = strings.ReplaceAll(in, `"assigner":}`, `"assigner":{"display":"d"}}`)
		b := decodeText(newDecoder(&Options{}), []byte(in), nil)
		if err := checkBlock(b); err != nil || len(b.Rejects) > 0 {
			t.Errorf("%v %s", err, describe(b))
		}
	}
	checkDecode(t, Options{}, `{"resourceType":"Patient","extension":[`+nest(`{"extension":[`, `]}`, 6)+`]}`,
		`Patient{"extension":[{"extension":[{"extension":[{"extension":[{"extension":[{}]}]}]}]}]} {"/extension/0/extension/0/extension/0/extension/0/extension/0/extension":[{"extension":[]}]}`)
	checkDecode(t, Options{}, `{"resourceType":"Patient","extension":[`+nest(`{"extension":[`, `]}`, 6)+`,{"extension":"x"}]}`, `Patient{"extension":[{"extension":[{"extension":[{"extension":[{"extension":[{}]}]}]}]},{}]} {"/extension/0/extension/0/extension/0/extension/0/extension/0/extension":[{"extension":[]}],"/extension/1/extension":"x"}`)
}

func TestManyRowsBecomeSeveralBatches(t *testing.T) {
	var in bytes.Buffer
	for i := range 5000 {
		typ := "Patient"
		if i%2500 == 3 {
			typ = "Group"
		}
		fmt.Fprintf(&in, `{"resourceType":"%s","id":"%d"}`+"\n\n", typ, i)
	}
	b := decodeText(newDecoder(&Options{}), in.Bytes(), nil)
	if err := checkBlock(b); err != nil {
		t.Fatal(err)
	}
	var got []string
	seen := map[string]int64{}
	for _, batch := range b.Batches {
		got = append(got, fmt.Sprint(batch.Type.Name, batch.Rows))
		for row, line := range batch.Lines {
			if line <= seen[batch.Type.Name] || batch.IDs.Text(row) != fmt.Sprint((line-1)/2) {
				t.Fatalf("line %d of id %s behind line %d", line, batch.IDs.Text(row), seen[batch.Type.Name])
			}
			seen[batch.Type.Name] = line
		}
	}
	if want := "Patient2048 Patient2048 Patient902 Group2"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestBatchWithoutIDs(t *testing.T) {
	b := decodeText(newDecoder(&Options{}), []byte(`{"resourceType":"Patient"}`+"\n"+`{"resourceType":"Group","id":7}`), nil)
	for _, batch := range b.Batches {
		if batch.IDs == nil || batch.IDs.Has(0) {
			t.Errorf("%s: ids are %v", batch.Type.Name, batch.IDs)
		}
	}
}

func TestKnownResourcesAreNotDecoded(t *testing.T) {
	known := []string{
		`{"resourceType":"Patient","id":"a","active":true}`,
		`{"id":"b","x":[1,{"id":"y"}],"resourceType":"Patient"}`,
		`{"resourceType":"Patient","id":"\u0063"}`,
		`{"resourceType":"X","id":"d"}`,
		`{"resourceType":"Bundle","id":"e","entry":[{"resource":{"resourceType":"Patient","id":"a","active":true}},{"resource":{"resourceType":"Patient","id":"new"}}]}`,
	}
	var hashes []uint64
	for _, k := range known {
		hashes = append(hashes, xxh3.HashString(k))
	}
	var mu sync.Mutex
	var asked []string
	o := Options{Known: func(source string, typ *schema.Type, id []byte, hash uint64) bool {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, fmt.Sprintf("%s/%s/%s", source, typ.Name, id))
		return slices.Contains(hashes, hash)
	}}
	in := strings.Join(known, " \n") + "\n" + `{"resourceType":"Patient","id":"f"}` + "\n" + `{"resourceType":"Patient"}` + "\n" + known[0] + known[0]
	b := decodeText(newDecoder(&o), []byte(in), nil)
	want := `Patient{"id":"new"}
Patient{"id":"f"}
Patient{}
line 8 more than one value: next value at byte 49`
	if got := strings.Replace(describe(b), "1:", "", 1); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var got []string
	for _, k := range b.Known {
		got = append(got, fmt.Sprintf("%s/%s %d:%d", k.Type.Name, k.ID, k.Line, k.Entry))
		if !slices.Contains(hashes, k.Hash) {
			t.Errorf("%s has another hash", k.ID)
		}
	}
	if got, want := strings.Join(got, ", "), "Patient/a 1:-1, Patient/b 2:-1, Patient/c 3:-1, Unknown/d 4:-1, Bundle/e 5:-1, Patient/a 5:0"; got != want {
		t.Errorf("known: got  %s\nwant %s", got, want)
	}
	if got, want := strings.Join(asked, " "), "s/Patient/a s/Patient/b s/Patient/c s/Unknown/d s/Bundle/e s/Patient/a s/Patient/new s/Patient/f s/Patient/a"; got != want {
		t.Errorf("asked: got  %s\nwant %s", got, want)
	}
	if got, want := describeEntries(b), "0 \"\" false Patient/a "+known[0]+"\n1 \"\" false Patient/new {\"resourceType\":\"Patient\",\"id\":\"new\"}"; got != want {
		t.Errorf("entries: got\n%s\nwant\n%s", got, want)
	}
}

func TestLongStringsWithEscapes(t *testing.T) {
	long := strings.Repeat("x", 3<<20) + `\n`
	in := `{"resourceType":"Patient","language":"short but not so short\t","x":"` + long + `"}
{"resourceType":"Patient","language":"` + long + `","implicitRules":"short but not so short\t"}`
	d := newDecoder(&Options{})
	for range 2 {
		b := decodeText(d, []byte(in), nil)
		if err := checkBlock(b); err != nil {
			t.Fatal("rebuilt otherwise")
		}
		b.Release()
		if cap(d.extra) > 1<<20 {
			t.Error("the memory of a large resource is kept")
		}
	}
}

func TestRedecodeRefusesOtherBytes(t *testing.T) {
	b := decodeText(newDecoder(&Options{}), []byte(`{"resourceType":"Patient","id":"a"}`), nil)
	b.Bytes[10] = 0
	if err := b.Redecode(b.Batches[0], &schema.Table{Type: b.Batches[0].Type}); err == nil {
		t.Error("no error")
	}
}

func TestRedecode(t *testing.T) {
	in := `{"resourceType":"Patient","id":"a","gender":"male","name":[{"family":"F\n and more than twelve","use":"old"}],"x":1.0}
{"resourceType":"Patient","name":[{"use":"old"},null],"active":true,"active":true,"contact":[{"name":{"use":"x"}}]}
{"resourceType":"Bundle","id":"b","type":"t","entry":[{"fullUrl":"u","resource":{"resourceType":"Patient","id":"c"}}]}`
	b := decodeText(newDecoder(&Options{LastDuplicate: true}), []byte(in), nil)
	before := *b
	patient, bundle := schema.Resource("Patient"), schema.Resource("Bundle")
	name := patient.Element("name")
	tables := []*schema.Table{
		{Type: patient, Columns: []*schema.Node{{Element: patient.Element("id")}, {Element: name, Fields: []*schema.Node{{Element: name.Type.Element("family")}}}}},
		{Type: bundle, Columns: []*schema.Node{{Element: bundle.Element("id")}}},
	}
	for i, batch := range b.Batches {
		if err := b.Redecode(batch, tables[i]); err != nil {
			t.Fatal(err)
		}
	}
	want := `Patient{"id":"a","name":[{"family":"F\n and more than twelve"}]} {"/gender":"male","/name/0/use":"old","/x":{"$number":"1.0"}}
Patient{"name":[{},null]} {"/name/0/use":"old","/name/1":null,"/active":true,"/contact":[{"name":{"use":"x"}}],"$duplicate":[{"pointer":"/active","value":true}]}
0:Patient{"id":"c"}
Bundle{"id":"b"} {"/type":"t","/entry":[{"fullUrl":"u","resource":{"resourceType":"Patient","id":"c"}}]}`
	if got := describe(b); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if b.Warned != before.Warned || len(b.Entries) != len(before.Entries) || len(b.Rejects) > 0 || b.Blank != before.Blank {
		t.Errorf("counted again: %+v", b.Warned)
	}
	b.Release()
}

// TestMemoryIsGivenBack decodes many blocks with one decoder while another
// goroutine releases them, and watches that memory from Alloc is freed once.
func TestMemoryIsGivenBack(t *testing.T) {
	var mu sync.Mutex
	out := map[*byte]bool{}
	o := Options{
		LastDuplicate: true,
		Alloc: func(n int) []byte {
			b := make([]byte, n)
			mu.Lock()
			defer mu.Unlock()
			out[&b[0]] = true
			return b
		},
		Free: func(b []byte) {
			mu.Lock()
			defer mu.Unlock()
			if !out[&b[:1][0]] {
				t.Error("freed what was not given out")
			}
			delete(out, &b[:1][0])
		},
	}
	in := []byte(strings.Repeat(`{"resourceType":"Patient","id":"a","id":"b","language":"`+strings.Repeat("\\n", 900)+`","x":[1]}
{"resourceType":"Group","id":"c","text":{"div":"`+strings.Repeat("long\\t", 20000)+`"}}
{"resourceType":"Group","id":"c","id":x}
`, 5))
	d := newDecoder(&o)
	first := describe(decodeText(newDecoder(&o), in, nil))
	mu.Lock()
	clear(out)
	mu.Unlock()
	blocks := make(chan *Block, 4)
	var wg sync.WaitGroup
	wg.Go(func() {
		for b := range blocks {
			if err := checkBlock2(b, first); err != nil {
				t.Error(err)
			}
			b.Release()
			b.Release()
		}
	})
	for range 20 {
		blocks <- decodeText(d, in, nil)
	}
	close(blocks)
	wg.Wait()
	if len(out) > 0 {
		t.Errorf("%d pieces of memory are not freed", len(out))
	}
}

func checkBlock2(b *Block, want string) error {
	if describe(b) != want {
		return errors.New("a block is decoded otherwise the second time")
	}
	return checkBlock(b)
}

func TestDecodeAllocatesLittle(t *testing.T) {
	in := []byte(strings.Repeat(`{"resourceType":"Patient","id":"a","name":[{"family":"Somebody else","given":["a"]}],"active":true}`+"\n", 1000))
	in = append(in, make([]byte, Padding)...)
	in = in[:len(in)-Padding]
	d := newDecoder(&Options{})
	once := func() {
		b := &Block{File: &File{}, Bytes: in}
		d.decode(b, 1, nil)
		b.Release()
	}
	once()
	if n := testing.AllocsPerRun(10, once); n > 20 {
		t.Errorf("%v allocations for a block of 1000 resources", n)
	}
}

func TestRejectsQuoteNothing(t *testing.T) {
	const canary = "ZQX-CANARY-1985-04-12"
	for _, in := range []string{
		canary, `"` + canary + `"`, `{"resourceType":` + canary, `{"resourceType":["` + canary + `"]}`, `{"` + canary,
		`{"resourceType":"` + canary + `","resourceType":"x"}`,
		`{"resourceType":"Patient","` + canary + `":1,"` + canary + `":2}`,
		`{"resourceType":"Patient","name":[{"` + canary + `":1,"` + canary + `":2}]}`,
		`{"resourceType":"Patient","x":{"` + canary + `":1,"` + canary + `":2}}`,
		`{"resourceType":"Patient","contained":[{"` + canary + `":1,"` + canary + `":2}]}`,
		`{"resourceType":"Patient","id":"` + canary + `"` + canary,
		`{"resourceType":"Patient","id":"` + canary + `\x"}`,
		`{"resourceType":"Patient"}` + canary,
		`{"resourceType":"Patient","id":"` + canary + "\x01\"}",
		`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","` + canary + `":1,"` + canary + `":2}}]}`,
	} {
		b := decodeText(newDecoder(&Options{}), []byte(in), nil)
		if len(b.Rejects) != 1 {
			t.Errorf("%s: %d rejects", in, len(b.Rejects))
		}
		for _, r := range b.Rejects {
			if strings.Contains(r.Detail+string(r.Reason), canary) {
				t.Errorf("%s: quoted in %s", in, r.Detail)
			}
		}
		if _, err := ParseValue([]byte(in)); err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("ParseValue quotes: %v", err)
		}
		if _, err := ParseExtra([]byte(`{"/` + canary + `":{"$` + canary + `":"` + canary + `"},"` + canary + `":1}`)); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("ParseExtra quotes: %v", err)
		}
	}
}

// TestJSONTestSuiteInAResource decodes each file of the suite as an element of a
// resource that R4 does not know.
func TestJSONTestSuiteInAResource(t *testing.T) {
	eachSuiteFile(t, func(t *testing.T, name string, text []byte) {
		in := append(append([]byte(`{"resourceType":"Patient","x":`), text...), '}')
		whole := []record{{end: len(in), line: 1, entry: -1}} // some files hold newlines
		want := name[0] == 'y' || name[0] == 'i' && !refused[name]
		o := Options{LastDuplicate: strings.HasPrefix(name, "y_object_duplicated_key")}
		b := decodeText(newDecoder(&o), in, whole)
		if (len(b.Rejects) == 0) != want {
			t.Errorf("want accepted %v: %s", want, describe(b))
		}
		if err := checkBlock(b); err != nil {
			t.Error(err)
		}
		if o.LastDuplicate && len(decodeText(newDecoder(&Options{}), in, whole).Rejects) != 1 {
			t.Error("duplicate member is not rejected")
		}
	})
}

// TestMemberNamesFitThePadding: the decoder compares a name with the text
// without looking where the text ends.
func TestMemberNamesFitThePadding(t *testing.T) {
	seen := map[*schema.Type]bool{}
	var walk func(*schema.Type)
	walk = func(typ *schema.Type) {
		if typ == nil || seen[typ] {
			return
		}
		seen[typ] = true
		for _, e := range typ.Elements {
			if k := newKey(e.Name); len(k.text) > Padding {
				t.Errorf("%s.%s is too long", typ.Name, e.Name)
			}
			walk(e.Type)
		}
	}
	for _, r := range schema.Resources() {
		walk(r)
	}
	if len(seen) < 500 {
		t.Errorf("only %d types", len(seen))
	}
}

func TestSparesOfTypesThatEndedAreDropped(t *testing.T) {
	d := newDecoder(&Options{})
	for _, typ := range []string{"Patient", "Group"} {
		for range 20 {
			decodeText(d, []byte(`{"resourceType":"`+typ+`"}`), nil).Release()
		}
	}
	if d.spare[schema.Resource("Patient")] != nil || len(d.spare[schema.Resource("Group")].batches) != 1 {
		t.Errorf("spare is %v", d.spare)
	}
}
