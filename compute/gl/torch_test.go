package gl

import (
	"testing"

	"reverie/compute"
	"reverie/compute/backendtest"
)

func TestTorch(t *testing.T) {
	for name, gates := range map[string]backendtest.Gates{"default": {Features: 5e-5, Masked: 5e-5}, "exact": {}} {
		t.Run(name, func(t *testing.T) {
			backendtest.Torch(t, func() (compute.Backend, error) {
				b, err := Open(Options{Exact: name == "exact"})
				if err != nil {
					return nil, err
				}
				return b, nil
			}, gates)
		})
	}
}
