package bulk

import (
	"encoding/base64"
	"math/rand/v2"
	"strconv"
	"time"
)

// cat appends texts. Whoever calls it sees to the JSON: texts come from the tables
// of this package and hold nothing that needs an escape.
func cat(b []byte, texts ...string) []byte {
	for _, s := range texts {
		b = append(b, s...)
	}
	return b
}

// uuid is a random identifier in the form of a version 4 UUID.
func uuid(r *rand.Rand) string {
	const hex = "0123456789abcdef"
	var b [36]byte
	high, low := r.Uint64(), r.Uint64()
	for i, at := 0, 0; i < 32; i++ {
		if at == 8 || at == 13 || at == 18 || at == 23 {
			b[at] = '-'
			at++
		}
		b[at] = hex[high>>60]
		high = high<<4 | low>>60
		low <<= 4
		at++
	}
	b[14] = '4'
	b[19] = hex[8+b[19]%4]
	return string(b[:])
}

// appendDecimal appends a number between low and high with 15 to 17 digits, or,
// one time in five, few.
func appendDecimal(b []byte, r *rand.Rand, low, high float64) []byte {
	v := low + r.Float64()*(high-low)
	if r.IntN(5) == 0 {
		return strconv.AppendFloat(b, v, 'f', 1, 64)
	}
	return strconv.AppendFloat(b, v, 'f', -1, 64)
}

// appendMoney appends an amount as a program writes it that computes in binary
// fractions: often 786.3299999999999 instead of 786.33.
func appendMoney(b []byte, r *rand.Rand) []byte {
	v := float64(r.IntN(400_000)) / 100
	if r.IntN(2) == 0 {
		v = float64(r.IntN(1000))*0.1 + float64(r.IntN(1000))*1.01
	}
	return strconv.AppendFloat(b, v, 'f', -1, 64)
}

func appendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

// appendTime appends seconds since 1970 as a FHIR dateTime in the zone.
func appendTime(b []byte, seconds int64, zone *time.Location) []byte {
	return time.Unix(seconds, 0).In(zone).AppendFormat(b, time.RFC3339)
}

func appendInstant(b []byte, seconds int64, zone *time.Location) []byte {
	return time.Unix(seconds, 318_000_000).In(zone).AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
}

func appendDate(b []byte, seconds int64, zone *time.Location) []byte {
	return time.Unix(seconds, 0).In(zone).AppendFormat(b, time.DateOnly)
}

var syllables = [64]string{
	"ba", "bel", "bri", "ca", "cor", "da", "den", "dro", "el", "en", "fa", "fer", "fi", "ga", "gen", "glo",
	"ha", "hel", "in", "is", "ja", "jo", "ka", "kel", "kri", "la", "len", "lo", "ma", "mer", "mi", "mon",
	"na", "nel", "no", "o", "or", "pa", "pel", "pri", "qua", "ra", "ren", "ri", "ros", "sa", "sen", "si",
	"sta", "ta", "ten", "tho", "tri", "u", "ul", "va", "vel", "vi", "wa", "wen", "xa", "ya", "yor", "zel",
}

// appendWord appends an invented word of two to four syllables: there are 16
// million.
func appendWord(b []byte, r *rand.Rand) []byte {
	bits := r.Uint32()
	for range 2 + bits>>30%3 {
		b = append(b, syllables[bits&63]...)
		bits >>= 6
	}
	return b
}

// appendName appends an invented name with a capital.
func appendName(b []byte, r *rand.Rand) []byte {
	at := len(b)
	b = appendWord(b, r)
	b[at] -= 'a' - 'A'
	return b
}

// appendNote appends the base64 of a note of so many sentences.
func (p *patient) appendNote(b []byte, sentences int) []byte {
	note := p.scratch[:0]
	note = append(note, "\n# Chief Complaint\n"...)
	for range sentences {
		if p.repeat {
			note = append(note, stock[p.r.IntN(len(stock))]...)
			continue
		}
		note = append(note, openings[p.r.IntN(len(openings))]...)
		for range 8 {
			note = append(note, ' ')
			note = appendWord(note, p.r)
		}
		note = append(note, ".\n"...)
	}
	p.scratch = note
	return base64.StdEncoding.AppendEncode(b, note)
}

var openings = [...]string{
	"Patient reports", "History of", "Examination shows", "No sign of", "Plan: continue", "Assessment:", "Discussed",
	"Follow up for", "Family history of", "Denies", "Medication reviewed:", "Laboratory results show",
}

// stock is what notes consist of that repeat.
var stock = [...]string{
	"Patient presents for a routine follow-up and has no new complaints today.\n",
	"Vital signs were reviewed and are within the expected range for age.\n",
	"Medication list reviewed with the patient, no changes were made at this visit.\n",
	"Patient is married and has completed some college courses.\n",
	"Patient currently has private insurance through an employer.\n",
	"No known allergies were reported.\n",
	"The following procedures were conducted: depression screening, medication reconciliation.\n",
	"Return to clinic in six months or sooner if symptoms return.\n",
}
