package lab

import (
	"os"
	"testing"

	"reverie/compute/format/guard"
)

func TestMain(m *testing.M) {
	guard.Main()
	os.Exit(m.Run())
}
