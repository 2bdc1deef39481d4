package engine

import (
	"os"
	"testing"

	"reverie/compute/format/guard"
)

// Tests open files as the program does, in children of this binary.
func TestMain(m *testing.M) {
	guard.Main()
	os.Exit(m.Run())
}
