package parse

// A findings counts what is remarkable in values that were passed.
type findings struct {
	rawTexts int64 // strings that are no UTF-8
	rawNames int64 // names that are no UTF-8
	repeats  int64 // repeated names, where that is allowed
	huge     int64 // numbers that no float64 can hold
	controls int64 // strings with an escaped control character other than tab, line feed, carriage return
}

// A check says what skip looks at besides the grammar.
type check uint8

const (
	syntaxOnly    check = iota
	refuseRepeats       // a repeated member name is an error
	allowRepeats        // it is counted
)

// skip passes the value at p and counts what it finds.
func (s *scanner) skip(check check, f *findings) bool {
	switch s.at(s.p) {
	case '"':
		t, ok := s.str()
		if !ok || !t.escaped && !t.high {
			return ok
		}
		return s.skipSpelling(t, &f.rawTexts, f)
	case '{':
		return s.skipObject(check, f)
	case '[':
		more := s.open(']')
		for more {
			if !s.skip(check, f) {
				return false
			}
			more = s.next(']')
		}
		return s.reason == ""
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	}
	return s.skipNumber(f)
}

func (s *scanner) skipNumber(f *findings) bool {
	start := s.p
	if !s.number() {
		return false
	}
	const safe = 300 // digits that stay within range, without an exponent
	if (s.exponent || s.p-start > safe) && !inRange(s.text(start, s.p)) {
		f.huge++
	}
	return true
}

// skipSpelling checks the escapes of a string and whether it is UTF-8.
func (s *scanner) skipSpelling(t token, raws *int64, f *findings) bool {
	how, _ := s.spell(t)
	switch how {
	case broken:
		return false
	case raw:
		*raws++
	}
	if s.controls {
		f.controls++
	}
	return true
}

func (s *scanner) skipObject(check check, f *findings) bool {
	names := s.enter()
	more := s.open('}')
	for more {
		t, ok := s.member()
		if !ok {
			return false
		}
		if check != syntaxOnly {
			ok = s.checkName(t, check, &names, f)
		} else if t.escaped || t.high {
			ok = s.skipSpelling(t, &f.rawNames, f)
		}
		if !ok || !s.skip(check, f) {
			return false
		}
		more = s.next('}')
	}
	s.leave(names)
	return s.reason == ""
}

func (s *scanner) checkName(t token, check check, names *nameSet, f *findings) bool {
	how, name := s.name(t)
	switch {
	case how == broken:
		return false
	case how == raw:
		f.rawNames++
	case !s.repeated(names, name):
	case check == refuseRepeats:
		return s.fail(DuplicateMember, "repeated member name")
	default:
		f.repeats++
	}
	return true
}

// pass moves p behind the value at p without checking it, and returns false if
// it does not end.
func (s *scanner) pass() bool {
	depth := 0
	for {
		switch s.at(s.p) {
		case '"':
			if _, ok := s.str(); !ok {
				return false
			}
			if depth == 0 {
				return true
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return true
			}
			if depth--; depth == 0 {
				s.p++
				return true
			}
		case ',':
			if depth == 0 {
				return true
			}
		case 0:
			if s.p >= s.end {
				return false
			}
		}
		s.p++
	}
}
