package parse

// Add adds the counts of more.
func (w *Warnings) Add(more Warnings) {
	w.RawStrings += more.RawStrings
	w.ControlChars += more.ControlChars
	w.LongIDs += more.LongIDs
	w.DuplicateNames += more.DuplicateNames
	w.MisplacedNulls += more.MisplacedNulls
	w.UnknownElements += more.UnknownElements
	w.UntypedValues += more.UntypedValues
	w.UnknownTypes += more.UnknownTypes
}
