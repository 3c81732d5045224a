package fhirsql

import _ "embed"

// Ledger makes the schema ledger of a new warehouse, as it was in layout 1.
//
//go:embed ledger.sql
var Ledger string

// LedgerExports adds to it what layout 2 has.
//
//go:embed ledger_exports.sql
var LedgerExports string

// LedgerErasures adds what layout 3 has.
//
//go:embed ledger_erasures.sql
var LedgerErasures string
