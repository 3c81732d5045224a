package fhirsql

import _ "embed"

// Ledger makes the schema ledger of a new warehouse.
//
//go:embed ledger.sql
var Ledger string
