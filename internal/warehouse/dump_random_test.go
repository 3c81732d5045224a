package warehouse

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// TestImportDumpOfRandomResources makes resources along the element tree, with
// oddities at any place: mutations of bytes alone seldom get far into FHIR.
func TestImportDumpOfRandomResources(t *testing.T) {
	c := emptyWarehouse(t)
	for seed := range uint64(2) {
		last := seed%2 == 1
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			g := &generator{Rand: rand.New(rand.NewPCG(seed, 1)), repeats: last}
			var text strings.Builder
			for range 120 {
				g.resource(&text, 0)
				text.WriteByte('\n')
			}
			first, ok := fuzzImport(t, c, []byte(text.String()), last)
			if !ok || strings.Count(first, "\n") < 100 {
				t.Fatalf("only %d resources", strings.Count(first, "\n"))
			}
			again, ok := fuzzImport(t, c, []byte(first), last)
			if !ok || sortedLines(first) != sortedLines(again) {
				t.Error("the dump comes back as another one")
			}
		})
	}
}

// A generator writes random JSON that resembles FHIR.
type generator struct {
	*rand.Rand
	repeats bool // members may be there twice
}

// generatedTypes are resource types with many shapes, and one that R4 does not know.
var generatedTypes = []string{"Patient", "Observation", "Questionnaire", "Bundle", "Claim", "DocumentManifest", "Parameters", "Binary", "Alien"}

func (g *generator) resource(b *strings.Builder, depth int) {
	name := generatedTypes[g.IntN(len(generatedTypes))]
	fmt.Fprintf(b, `{"resourceType":"%s"`, name)
	if g.one(5, 6) {
		fmt.Fprintf(b, `,"id":"%d"`, g.IntN(60))
	}
	if g.one(1, 3) {
		fmt.Fprintf(b, `,"meta":{"lastUpdated":"20%02d-01-01T00:00:00Z"}`, g.IntN(30))
	}
	t := schema.Resource(name)
	if t == nil {
		t = schema.Resource("Basic")
	}
	g.members(b, t, depth, "resourceType", "id", "meta")
	b.WriteByte('}')
}

func (g *generator) one(of, n int) bool { return g.IntN(n) < of }

// members writes some of the elements of t, each with a comma in front.
func (g *generator) members(b *strings.Builder, t *schema.Type, depth int, without ...string) {
	written := map[string]bool{}
	for _, name := range without {
		written[name] = true
	}
	for range g.IntN(6) {
		e := t.Elements[g.IntN(len(t.Elements))]
		if depth < 5 && (g.repeats && g.one(1, 20) || !written[e.Name]) {
			written[e.Name] = true
			fmt.Fprintf(b, `,"%s":`, e.Name)
			g.element(b, e, depth+1)
		}
	}
	if g.one(1, 12) {
		name := oddNames[g.IntN(len(oddNames))]
		if !written[name] {
			fmt.Fprintf(b, `,"%s":%s`, name, g.odd())
		}
	}
}

func (g *generator) element(b *strings.Builder, e *schema.Element, depth int) {
	switch {
	case g.one(1, 15):
		b.WriteString(g.odd())
	case e.List:
		g.list(b, e, depth)
	default:
		g.value(b, e, depth)
	}
}

func (g *generator) list(b *strings.Builder, e *schema.Element, depth int) {
	b.WriteByte('[')
	for i := range g.IntN(4) {
		if i > 0 {
			b.WriteByte(',')
		}
		switch g.IntN(12) {
		case 0:
			b.WriteString("null")
		case 1:
			b.WriteString(g.odd())
		default:
			g.value(b, e, depth)
		}
	}
	b.WriteByte(']')
}

func (g *generator) value(b *strings.Builder, e *schema.Element, depth int) {
	switch e.Kind {
	case schema.Struct:
		var inside strings.Builder
		g.members(&inside, e.Type, depth)
		b.WriteString("{" + strings.TrimPrefix(inside.String(), ",") + "}")
	case schema.JSON:
		g.resource(b, depth)
	case schema.Boolean:
		fmt.Fprint(b, g.one(1, 2))
	case schema.Integer:
		b.WriteString(pick(g, "0", "1", "-7", "2147483647", "-2147483648", "2147483648", "1.0", "1e2", "-0", "5"))
	case schema.Decimal:
		b.WriteString(pick(g, "0", "1.5", "98.60", "0.0", "-0", "1e3", "1E-7", "1e400", "5e-324", "0.1", "123456789.123456789", "100000000000000000000000"))
	default:
		b.WriteString(pick(g, `"a"`, `""`, `"2020-05"`, `"twelve bytes"`, `"thirteen byte"`, `"\u00e9\ud83d\udc8a\/"`, `"é\n\\\"\t\u0000\u0007"`, `"<b>\u003c&"`, `"`+strings.Repeat("long ", 30)+`"`))
	}
}

func pick(g *generator, from ...string) string { return from[g.IntN(len(from))] }

func (g *generator) odd() string { return oddValues[g.IntN(len(oddValues))] }

var oddValues = []string{
	`null`, `[]`, `{}`, `""`, `true`, `5`, `1.50`, `-0`, `1E400`, `"x"`, `[[1.0]]`, `[null]`, `[{}]`, `[null,"a"]`, `{"a":{"b":[null,1.0]}}`,
	`"\ud800"`, "\"\xff\xfe\"", `"\udc00\ud800"`, `{"\ud800":1.0}`, "{\"\xff\":[]}", `{"$number":"1"}`, `{"$raw":1.0,"x":"\ud800"}`,
	`{"$rawjson":{"$json":null}}`, `[{"$duplicate":[]}]`, `{"x":{"\udfff":{"$y":1}}}`, `{"/a~b":{"":1}}`, `[1,"two",3.0,{"resourceType":"Patient"}]`,
	`{"resourceType":"Patient","id":"1"}`, `{"resource":{"resourceType":"Basic"}}`, `[{"resource":{"resourceType":"Basic","id":"o"}},5]`, "{ \"a\" :\r [ 1 ,\t2 ] }",
}

var oddNames = []string{`x`, ``, `_`, `$x`, `$duplicate`, `a/b~c`, `_source`, `_extra`, `_line`, `\ud800`, "\xff", `ID`, `resourcetype`, `_resourceType`, `fhir_comments`, `é`}
