package overview

import (
	"regexp"
	"strings"
)

// isUnit reports whether text is a unit of UCUM, in whatever case, or a spelling that
// everybody understands. It is lenient where UCUM is strict: its use is to find what
// nobody can convert.
func isUnit(text string) bool {
	unit := strings.ToLower(strings.TrimSpace(text))
	if everyday[unit] {
		return true
	}
	unit = annotation.ReplaceAllString(unit, "")
	unit = strings.NewReplacer("(", "", ")", "", "µ", "u", "μ", "u").Replace(unit)
	for _, part := range strings.FieldsFunc(unit, func(r rune) bool { return r == '.' || r == '/' }) {
		if !isFactor(part) {
			return false
		}
	}
	return true
}

var (
	annotation = regexp.MustCompile(`\{[^{}]*\}`)
	exponent   = regexp.MustCompile(`[+-]?\d+$`)
	power      = regexp.MustCompile(`^x?10[e*^]\d+$`)
	digits     = regexp.MustCompile(`^\d+$`)
)

// isFactor reports whether text is a number, or a unit with or without a prefix and an
// exponent.
func isFactor(text string) bool {
	if digits.MatchString(text) || power.MatchString(text) {
		return true
	}
	text = exponent.ReplaceAllString(text, "")
	if atoms[text] {
		return true
	}
	for _, prefix := range prefixes {
		if rest, ok := strings.CutPrefix(text, prefix); ok && atoms[rest] {
			return true
		}
	}
	return false
}

var prefixes = strings.Fields("y z e p t g m k h da d c u n f a mc ki mi gi ti")

// atoms are UCUM's units of medicine and of every day (https://ucum.org/ucum), in lower
// case.
var atoms = setOf(`m g s sec rad k cd c cel mol l n j w pa hz v a ohm f t wb h lm lx bq gy sv kat sr siemens
	% [ppth] [ppm] [ppb] [pptr] min hr d wk mo mo_j a_j ar b deg ' '' cal [cal] [kcal] erg dyn bar atm st eq osm u iu [iu]
	[arb'u] [usp'u] [pfu] [cfu] [ffu] [ccid_50] [tcid_50] [eid_50] [bau] [au] [bdsk'u] [ka'u] [knk'u] [mclg'u] [todd'u]
	[tb'u] [lf] [mpl'u] [gpl'u] [apl'u] [dye'u] [smgy'u] [beth'u] [anti'xa'u] [hnsf'u] [ph] [drp] [diop] [ch] [mesh]
	[degf] [degre] [degr] m[hg] [hg] m[h2o] [h2o] [in_i'hg] [in_i'h2o] [pru] [met] [hp_x] [iu]
	[lb_av] [oz_av] [gr] [stone_av] [ston_av] [lb_tr] [oz_tr] [lb_ap] [oz_ap]
	[in_i] [ft_i] [yd_i] [mi_i] [nmi_i] [in_us] [ft_us] [sin_i] [sft_i] [cin_i] [fth_i] [hd_i]
	[foz_us] [cup_us] [tsp_us] [tbs_us] [pt_us] [qt_us] [gal_us] [foz_m] [tsp_m] [tbs_m] [cup_m] [car_au]
	10* 10^ bit by bd eV ev b[v] db b[spl] ci r rd rem mx g% [g] [e] tt`)

// everyday are spellings that are not UCUM's.
var everyday = setOf(`mmhg bpm mcg cc f °f °c degf degc inches inch in ft feet lb lbs pounds oz hrs hour hours minute minutes mins
	second seconds secs day days week weeks month months year years yr yrs percent unit units iu/l units/l u/l cells copies
	beats/min beats/minute breaths/min breaths/minute /minute mmol mg/24h cells/ul steps kilograms centimeters`)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}
