package render

// The narrowest a column is made to fit a table into a terminal: a value cut
// further says nothing. A number is not cut at all up to a width that all
// exact 64-bit ones have.
const (
	narrowest    = 10
	widestNumber = 20
	gap          = 2 // between columns
)

// fit returns the widths of the columns that a terminal of that width can show:
// those on the right are left out when all are at their narrowest.
func fit(natural []int, columns []Column, terminal int) []int {
	if terminal == 0 || total(natural) <= terminal {
		return natural
	}
	least := make([]int, len(natural))
	for i, n := range natural {
		least[i] = min(n, narrowest)
		if columns[i].Numeric {
			least[i] = min(n, widestNumber)
		}
		if columns[i].Whole {
			least[i] = max(least[i], min(n, terminal*3/5))
		}
	}
	shown := len(natural)
	for shown > 1 && total(least[:shown]) > terminal-mark(shown, len(natural)) {
		shown--
	}
	room := terminal - mark(shown, len(natural))
	if shown == 1 && least[0] > room {
		return []int{max(1, room)}
	}
	return share(natural[:shown], least[:shown], room)
}

// mark is the room that the sign for missing columns takes.
func mark(shown, all int) int {
	if shown == all {
		return 0
	}
	return gap + 1
}

func total(widths []int) int {
	sum := gap * (len(widths) - 1)
	for _, w := range widths {
		sum += w
	}
	return sum
}

// share gives every column its least width and hands out the rest of the room
// evenly, so that only the widest columns are cut.
func share(natural, least []int, room int) []int {
	widths := append([]int(nil), least...)
	for free := room - total(widths); free > 0; {
		narrow := -1 // the narrowest column that wants more
		for i, w := range widths {
			if w < natural[i] && (narrow < 0 || w < widths[narrow]) {
				narrow = i
			}
		}
		if narrow < 0 {
			break
		}
		widths[narrow]++
		free--
	}
	return widths
}
