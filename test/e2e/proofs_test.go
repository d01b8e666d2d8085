package e2e

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"gcbridge/test/observe"
)

var updateProofs = flag.Bool("update-proofs", false, "write testdata/proofs.tsv anew from what the tests see; read what changes")

// wire notes what the tests see.
var wire = observe.NewLog()

// proving runs the tests and holds testdata/proofs.tsv to what they saw.
func proving(m *testing.M) observe.Keeper {
	return observe.Keeper{
		Tests: m, Log: wire, File: filepath.Join("testdata", "proofs.tsv"), Update: updateProofs, Out: os.Stderr,
	}
}
