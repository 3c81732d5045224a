package parse

import "bytes"

// lose gives up the current value, which broke at p.
//
// The search for the next one begins at its start: a value that was cut short
// breaks only in the middle of a later one. It begins at p if that was tried too
// often, or if the bytes between are gone.
func (s *splitter) lose() {
	s.state, s.search = lostValue, s.start
	at := s.offset + int64(s.p) + s.dropped
	if at > s.furthest {
		s.furthest, s.tries = at, 0
	}
	s.tries++
	if s.tries > maxTries || s.dropped > 0 {
		s.search = s.p
	}
}

// findLine finds a line to go on from.
func (s *splitter) findLine() bool {
	for {
		i := bytes.IndexByte(s.buf[s.search:], '\n')
		if i < 0 {
			s.search = len(s.buf)
			break
		}
		s.search += i
		line := s.search + 1
		begins, sure := s.beginsValue(s.buf[line:])
		if !sure {
			break
		}
		if begins {
			s.resume(line)
			return true
		}
		s.search = line
	}
	s.p = len(s.buf)
	return false
}

// beginsValue reports whether a line begins like the one where a value was lost,
// unless more of it must be seen to be sure.
func (s *splitter) beginsValue(line []byte) (begins, sure bool) {
	if len(line) <= len(s.indent) {
		return false, !bytes.HasPrefix(s.indent, line)
	}
	return bytes.HasPrefix(line, s.indent) && line[len(s.indent)] == '{', true
}

// resume makes a record of what was lost, and goes on at p, the start of a line.
func (s *splitter) resume(p int) {
	end := p
	for end > max(s.start, s.counted) && isSpace(s.buf[end-1]) {
		end--
	}
	s.p = p
	s.add(end, s.inArray)
	s.state, s.comma, s.empty = seeking, false, true
	s.fresh, s.indent = true, s.indent[:0]
}

// more reads on.
func (s *splitter) more() error {
	keep := s.start
	if s.state == seeking {
		keep = s.p
	}
	n := len(s.buf)
	var err error
	switch {
	case n < s.want:
	case keep > 0:
		err = s.flushTo(keep)
	case (int64(n) > s.maxLine || s.state == lostValue) && n > MaxRejectBytes && s.drop():
	case int64(n) > s.maxLine:
		err = s.grow(max(n, MaxRejectBytes) + s.size)
	default:
		err = s.grow(int(min(2*int64(n), s.maxLine+1)))
	}
	if err != nil {
		return err
	}
	return s.fill()
}

// drop removes what was looked at of a value that is too long, but for its first
// bytes, and reports whether that was anything.
func (s *splitter) drop() bool {
	seen := s.p
	if s.state == lostValue {
		seen = s.search
	}
	if s.state == afterValue || seen <= MaxRejectBytes {
		return false
	}
	s.lineAt(seen)
	s.dropped += int64(seen - MaxRejectBytes)
	s.remove(MaxRejectBytes, seen)
	return true
}

// remove takes buf[from:to] away. Its newlines were counted.
func (s *splitter) remove(from, to int) {
	s.buf = append(s.buf[:from], s.buf[to:]...)
	s.p -= to - from
	s.search -= to - from
	s.stop -= to - from
	s.counted -= to - from
}

// flushTo emits the first n bytes of the buffer with the records in them.
func (s *splitter) flushTo(n int) error {
	if n > s.counted {
		s.lineAt(n)
	}
	err := s.flush(n, s.records)
	s.records = make([]record, 0, len(s.records))
	s.p -= n
	s.start -= n
	s.search -= n
	s.stop -= n
	s.counted -= n
	return err
}

// flushGone emits what is left of a value that was too long.
func (s *splitter) flushGone() error {
	n := s.records[len(s.records)-1].end
	if s.eof && n == len(s.buf) {
		s.checkArray()
	}
	gone := s.gone
	s.gone = 0
	if err := s.flushTo(n); err != nil {
		return err
	}
	s.offset += gone
	s.line = s.at
	return nil
}
