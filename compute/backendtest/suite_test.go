package backendtest_test

import (
	"testing"

	"reverie/compute"
	"reverie/compute/backendtest"
	"reverie/compute/ref"
)

// TestReference puts the reference through the suite: a fault in the suite's
// own checks would show here, and the checks that need no reference judge it too.
func TestReference(t *testing.T) {
	backendtest.Run(t, func() (compute.Backend, error) { return ref.Open(), nil }, backendtest.Options{Brief: true})
}
