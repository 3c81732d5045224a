package warehouse

import (
	"cmp"
	"slices"
	"strings"
)

// similar returns the candidate that name is most probably a slip of, or "" if
// none is near.
func similar(name string, candidates []string) string {
	best, least := "", max(1, len(name)/3)+1
	for _, c := range candidates {
		if d := distance(strings.ToLower(name), strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// near returns up to three candidates that may be meant by name, the likeliest
// first: slips, and names that name is a part of or that are a part of it.
func near(name string, candidates []string) []string {
	type match struct {
		name string
		far  int
	}
	var found []match
	plain := plainName(name)
	least := max(1, len(plain)/3)
	for _, c := range candidates {
		far := distance(plain, plainName(c))
		switch {
		case far <= least:
			least = min(least, far+1) // of slips only the nearest
		case isPart(plain, plainName(c)) || isPart(plainName(c), plain):
			far += len(plain) // behind the slips
		default:
			continue
		}
		if !slices.Contains(found, match{c, far}) {
			found = append(found, match{c, far})
		}
	}
	slices.SortStableFunc(found, func(a, b match) int { return cmp.Compare(a.far, b.far) })
	var names []string
	for _, m := range found {
		if len(names) < 3 && (m.far <= least || m.far >= len(plain)) {
			names = append(names, m.name)
		}
	}
	return names
}

// plainName is a name without what people get wrong: case and underscores.
func plainName(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// isPart reports whether part is a good part of whole.
func isPart(part, whole string) bool { return len(part) >= 4 && strings.Contains(whole, part) }

// didYouMean asks for one of the names, "" if there is none.
func didYouMean(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "did you mean " + oneOf(names) + "?"
}

// oneOf writes names as a choice: a, b or c.
func oneOf(names []string) string {
	last := len(names) - 1
	if last <= 0 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// distance is how many bytes must be put in, left out, replaced or exchanged
// with their neighbour to make b of a.
func distance(a, b string) int {
	var before []int
	last, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, make([]int, len(b)+1)
	}
	return last[len(b)]
}
