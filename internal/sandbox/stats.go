package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
)

// stats are the numbers of resources that an event tells.
type stats struct {
	total  int
	byType map[string]int
}

// longestDecoded is the longest line that is decoded to find its type. Of a longer
// one only the beginning counts.
const longestDecoded = 1 << 20

// count counts the resources of NDJSON.
func count(r io.Reader) (stats, error) {
	s := stats{byType: map[string]int{}}
	b := bufio.NewReaderSize(r, longestDecoded)
	for {
		line, err := b.ReadSlice('\n')
		if kind := resourceType(line); kind != "" {
			s.byType[kind]++
			s.total++
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = b.ReadSlice('\n')
		}
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return s, err
		}
	}
}

var usualStart = []byte(`{"resourceType":"`)

func resourceType(line []byte) string {
	if rest, ok := bytes.CutPrefix(line, usualStart); ok {
		if kind, _, ok := bytes.Cut(rest, []byte{'"'}); ok {
			return string(kind)
		}
	}
	var r struct{ ResourceType string }
	if json.Unmarshal(line, &r) != nil {
		return ""
	}
	return r.ResourceType
}

// json is the stats member of an event.
func (s stats) json() object {
	types := object{}
	for _, kind := range slices.Sorted(maps.Keys(s.byType)) {
		types = append(types, member{kind, s.byType[kind]})
	}
	return object{{"total_resources", s.total}, {"total_by_resource_type", types}}
}
