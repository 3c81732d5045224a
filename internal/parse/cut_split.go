package parse

import "bytes"

// A splitter cuts an input by the structure of its values: an array of
// resources, or resources one behind the other, over many lines or within one.
//
// It also finds out that it is not needed: where the first whole value is all
// that its line holds, the rest is one resource a line, and is cut at newlines
// alone.
//
// Where a value breaks, nobody knows what the broken bytes were to be. They
// become one record, for the decoder to refuse, up to the next line that begins
// as values begin here: with a brace, indented as the line of the broken one.
type splitter struct {
	*cutter
	state   state
	p       int // next byte of buf to look at
	outline outline
	records []record // before start; never nil
	decided bool     // that it is needed

	inArray bool   // between the brackets of an array of resources
	empty   bool   // inArray: nothing was in it yet
	comma   bool   // inArray: a comma must come before the next value
	torn    bool   // the last value was broken
	fresh   bool   // since the last newline there was only white space
	indent  []byte // the white space that the current line begins with

	start   int   // of the current value
	stop    int   // afterValue: its end
	search  int   // lostValue: where to look for a newline
	row     int64 // its line
	dropped int64 // bytes of it that are no longer in buf, behind its first MaxRejectBytes
	gone    int64 // dropped, of the last record

	counted  int   // newlines in buf[:counted] are in at
	at       int64 // line of buf[counted]
	last     int64 // line of the value before
	number   int32 // next number for a value of that line or array
	furthest int64 // offset where a value broke
	tries    int   // how many more broke there
}

// A state is what a splitter is doing.
type state uint8

const (
	seeking    state = iota // looking for the next value
	inValue                 // looking for the end of a value
	afterValue              // looking at what else is on the line where a value ended
	lostValue               // looking for a line to go on from
	lineByLine              // nothing: the rest is one value a line
)

const (
	// maxIndent is the deepest indent that a broken value's successor is known by.
	maxIndent = 256
	// maxBehind is how much white space may be between two values of a line.
	maxBehind = 4 << 10
	// maxTries bounds how often the same bytes are looked at again.
	maxTries = 16
)

// split cuts everything.
func (c *cutter) split() error {
	s := &splitter{cutter: c, records: []record{}, at: c.line, fresh: true, furthest: -1}
	for !c.done {
		advanced := s.advance()
		var err error
		switch {
		case s.gone > 0:
			err = s.flushGone()
		case s.state == lineByLine:
			return s.leave()
		case advanced:
		case !c.eof:
			err = s.more()
		case !s.end():
			err = s.finish()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// advance goes on with what is in the buffer, and reports whether it came to an
// end of what it is doing.
func (s *splitter) advance() bool {
	switch s.state {
	case seeking:
		return s.seek()
	case inValue:
		return s.follow()
	case afterValue:
		return s.lookBehind()
	case lostValue:
		return s.findLine()
	}
	return true
}

// seek finds the next value.
func (s *splitter) seek() bool {
	for ; s.p < len(s.buf); s.p++ {
		switch b := s.buf[s.p]; {
		case isSpace(b):
			s.space(b)
			continue
		case b == '[' && !s.inArray:
			s.openArray()
		case b == ',' && s.inArray && s.comma:
			s.comma, s.empty = false, false
		case b == ']' && s.inArray:
			s.closeArray()
		default:
			s.begin(b)
			return true
		}
		s.fresh = false
	}
	return false
}

// space notes how far a line is indented.
func (s *splitter) space(b byte) {
	switch {
	case b == '\n':
		s.fresh, s.indent = true, s.indent[:0]
	case len(s.indent) == maxIndent:
		s.fresh = false
	case s.fresh:
		s.indent = append(s.indent, b)
	}
}

func (s *splitter) openArray() {
	s.inArray, s.empty, s.comma, s.decided = true, true, false, true
	s.restart(s.lineAt(s.p))
}

// closeArray takes the end of an array. A comma before it is an error that no
// value can be rejected for.
func (s *splitter) closeArray() {
	if !s.comma && !s.empty {
		s.complain()
	}
	s.inArray = false
}

// restart numbers the values of a line from 0, unless the line before is the
// same.
func (s *splitter) restart(line int64) {
	if line > s.last {
		s.number = 0
	}
}

// begin takes the first byte of a value.
func (s *splitter) begin(b byte) {
	s.start, s.row, s.fresh = s.p, s.lineAt(s.p), false
	if !s.inArray {
		s.restart(s.row)
	}
	s.state, s.search = inValue, s.p
	s.outline.reset()
	if b != '{' && (!s.inArray || s.comma) {
		s.state = lostValue
	}
}

// follow finds the end of the value.
func (s *splitter) follow() bool {
	var found verdict
	s.p, found = s.outline.scan(s.buf, s.p)
	switch {
	case found == isBroken:
		s.lose()
	case found == isOpen:
		return false
	case s.inArray:
		s.add(s.p, true)
		s.comma, s.state = true, seeking
	default:
		s.stop, s.state = s.p, afterValue
	}
	return true
}

// lookBehind finds out what else is on the line where a value ended.
func (s *splitter) lookBehind() bool {
	for ; s.p < len(s.buf) && s.p-s.stop < maxBehind; s.p++ {
		if b := s.buf[s.p]; b == '\n' || !isSpace(b) {
			s.settle(b)
			return true
		}
	}
	if s.p < len(s.buf) {
		s.settle('\n')
		return true
	}
	return false
}

// settle ends a value outside an array, after which b is the next byte that
// matters.
func (s *splitter) settle(b byte) {
	oneLine := s.lineAt(s.stop) == s.row
	shared := oneLine && (b == '{' || b == '[')
	if !s.decided && oneLine && !shared {
		if s.dropped > 0 {
			s.add(s.stop, false)
		}
		s.state = lineByLine
		return
	}
	s.decided = true
	s.add(s.stop, shared)
	s.state = seeking
}

// add makes a record of the current value, which ends at end. It gets a number
// if it must share its line with others.
func (s *splitter) add(end int, shared bool) {
	r := record{start: s.start, end: end, line: s.row, entry: -1}
	if shared || s.row == s.last {
		r.entry = s.number
		s.number++
	}
	length := int64(end-s.start) + s.dropped
	switch {
	case length > s.maxLine:
		r.reject = LineTooLong
	case s.state == lostValue && length > MaxRejectBytes: // to look at more would take memory
		r.reject = NotJSON
	}
	if r.reject != "" {
		r.length, r.offset = length, s.offset+int64(s.start)
	}
	if s.dropped > 0 {
		s.lineAt(end)
		r.end = min(end, MaxRejectBytes)
		s.remove(r.end, end)
		s.gone = length - int64(r.end)
	}
	s.records = append(s.records, r)
	s.last, s.dropped, s.torn = s.row, 0, false
}

// complain rejects nothing, at p: for what is wrong between values.
func (s *splitter) complain() {
	s.records = append(s.records, record{
		start: s.p, end: s.p, line: s.lineAt(s.p), entry: s.number,
		reject: NotJSON, offset: s.offset + int64(s.p) + s.gone,
	})
	s.number++
}

// end does what is to be done where the input ends, and reports whether that was
// anything.
func (s *splitter) end() bool {
	switch s.state {
	case inValue:
		s.lose()
	case afterValue:
		s.settle('\n')
	case lostValue:
		s.resume(len(s.buf))
		s.torn = true
	default:
		return false
	}
	return true
}

// finish emits what is left.
func (s *splitter) finish() error {
	s.checkArray()
	return s.flushTo(len(s.buf))
}

// checkArray complains if the input has ended inside an array, unless an element
// says so.
func (s *splitter) checkArray() {
	if s.inArray && !s.torn {
		s.complain()
	}
}

// leave goes over to lines.
func (s *splitter) leave() error {
	if len(s.records) > 0 {
		if err := s.flushTo(s.start); err != nil {
			return err
		}
	}
	return s.cutLines()
}

// lineAt returns the line that buf[p] is in. p must not be before the p of an
// earlier call.
func (s *splitter) lineAt(p int) int64 {
	s.at += int64(bytes.Count(s.buf[s.counted:p], []byte{'\n'}))
	s.counted = p
	return s.at
}
