package render

// Window returns the part around column at of a line that is too wide for a
// terminal, at most width columns of it, and where in it that column is. A line
// that fits is returned as it is.
func Window(line string, at, width int) (part string, column int) {
	if textWidth(line) <= width {
		return line, at
	}
	start := max(0, min(at-width/2, textWidth(line)-width))
	skipped, begin, end := 0, -1, len(line)
	for i, r := range line {
		if begin < 0 && skipped >= start {
			begin, start = i, skipped
		}
		next := skipped + condition().RuneWidth(r)
		if begin >= 0 && next-start > width {
			end = i
			break
		}
		skipped = next
	}
	return line[max(0, begin):end], at - start
}
