package warehouse

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// spelled returns the text of a value that is neither number nor text in Go:
// dates and times in ISO 8601, the rest as DuckDB spells it.
func (d *decoder) spelled(row int) any {
	switch d.id {
	case mapping.TypeDate:
		return spellDate(get[int32](d, row))
	case mapping.TypeTime:
		return spellTime(get[int64](d, row), time.Microsecond)
	case mapping.TypeTimeNS:
		return spellTime(get[int64](d, row), time.Nanosecond)
	case mapping.TypeTimeTZ:
		return spellTimeTZ(get[uint64](d, row))
	case mapping.TypeTimestamp:
		return spellTimestamp(get[int64](d, row), time.Microsecond, nil)
	case mapping.TypeTimestampS:
		return spellTimestamp(get[int64](d, row), time.Second, nil)
	case mapping.TypeTimestampMS:
		return spellTimestamp(get[int64](d, row), time.Millisecond, nil)
	case mapping.TypeTimestampNS:
		return spellTimestamp(get[int64](d, row), time.Nanosecond, nil)
	case mapping.TypeTimestampTZ:
		return spellTimestamp(get[int64](d, row), time.Microsecond, d.zone)
	case mapping.TypeInterval:
		return spellInterval(get[interval](d, row))
	case mapping.TypeUUID:
		return spellUUID(get[[2]uint64](d, row))
	case mapping.TypeBit:
		return spellBits(d.bytes(row))
	}
	panic(fmt.Sprintf("decode a value of %v", d)) // Query refuses such columns
}

func spellDate(days int32) string {
	switch days {
	case math.MaxInt32:
		return "infinity"
	case -math.MaxInt32:
		return "-infinity"
	}
	return spellDay(time.Unix(0, 0).UTC().AddDate(0, 0, int(days)))
}

// spellDay spells the date of t. Years before our era are marked as DuckDB marks
// them.
func spellDay(t time.Time) string {
	year, era := t.Year(), ""
	switch {
	case year <= 0:
		year, era = 1-year, " (BC)"
	case year <= 9999:
		return t.Format(time.DateOnly)
	}
	return fmt.Sprintf("%04d-%02d-%02d", year, t.Month(), t.Day()) + era
}

// spellTime spells the time since midnight, counted in units.
func spellTime(count int64, unit time.Duration) string {
	seconds := count / int64(time.Second/unit)
	rest := count % int64(time.Second/unit)
	return fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60) + fraction(rest*int64(unit))
}

func fraction(nanos int64) string {
	if nanos == 0 {
		return ""
	}
	return "." + strings.TrimRight(fmt.Sprintf("%09d", nanos), "0")
}

// spellTimeTZ spells a TIMETZ: 40 bits of microseconds, then 24 bits that count
// the offset down from its largest value.
func spellTimeTZ(bits uint64) string {
	const largestOffset = 16*3600 - 1
	offset := largestOffset - int(bits&(1<<24-1))
	return spellTime(int64(bits>>24), time.Microsecond) + spellOffset(offset)
}

// spellOffset spells an offset from UTC in seconds.
func spellOffset(offset int) string {
	if offset == 0 {
		return "Z"
	}
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	text := fmt.Sprintf("%c%02d:%02d", sign, offset/3600, offset/60%60)
	if s := offset % 60; s != 0 {
		text += fmt.Sprintf(":%02d", s)
	}
	return text
}

// spellTimestamp spells the time since 1970, counted in units; as an instant in
// zone unless that is nil.
func spellTimestamp(count int64, unit time.Duration, zone *time.Location) string {
	switch count {
	case math.MaxInt64:
		return "infinity"
	case -math.MaxInt64:
		return "-infinity"
	}
	perSecond := int64(time.Second / unit)
	seconds, rest := count/perSecond, count%perSecond
	if rest < 0 {
		seconds, rest = seconds-1, rest+perSecond
	}
	t, offset := time.Unix(seconds, 0).UTC(), ""
	if zone != nil {
		t = t.In(zone)
		_, seconds := t.Zone()
		offset = spellOffset(seconds)
	}
	return spellDay(t) + "T" + t.Format("15:04:05") + fraction(rest*int64(unit)) + offset
}

// interval is DuckDB's INTERVAL.
type interval struct {
	months, days int32
	micros       int64
}

// spellInterval spells an interval as DuckDB does: 1 year 2 months 3 days
// 04:05:06.5.
func spellInterval(v interval) string {
	var parts []string
	add := func(n int32, unit string) {
		switch {
		case n == 1 || n == -1:
			parts = append(parts, fmt.Sprintf("%d %s", n, unit))
		case n != 0:
			parts = append(parts, fmt.Sprintf("%d %ss", n, unit))
		}
	}
	add(v.months/12, "year")
	add(v.months%12, "month")
	add(v.days, "day")
	switch {
	case v.micros < 0:
		parts = append(parts, "-"+spellTime(-v.micros, time.Microsecond))
	case v.micros > 0 || parts == nil:
		parts = append(parts, spellTime(v.micros, time.Microsecond))
	}
	return strings.Join(parts, " ")
}

// spellUUID spells a UUID from its low and high half, whose top bit DuckDB
// flips so that UUIDs sort.
func spellUUID(halves [2]uint64) string {
	hi, lo := halves[1]^1<<63, halves[0]
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&(1<<48-1))
}

// spellBits spells a BIT: a byte that says how many bits of the next one are
// padding, then the bits.
func spellBits(s string) string {
	var b strings.Builder
	for _, c := range []byte(s[1:]) {
		fmt.Fprintf(&b, "%08b", c)
	}
	return b.String()[s[0]:]
}
