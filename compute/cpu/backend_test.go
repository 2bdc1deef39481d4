package cpu_test

import (
	"testing"

	"reverie/compute"
	"reverie/compute/backendtest"
	"reverie/compute/cpu"
)

// each runs f for the backend as it is by default and without Winograd convolutions.
func each(t *testing.T, f func(*testing.T, func() (compute.Backend, error))) {
	for name, opt := range map[string]cpu.Options{"default": {}, "exact": {Exact: true}} {
		t.Run(name, func(t *testing.T) {
			f(t, func() (compute.Backend, error) {
				b, err := cpu.Open(opt)
				if err != nil {
					return nil, err // not a nil *Backend in an interface
				}
				return b, nil
			})
		})
	}
}

func TestBackend(t *testing.T) {
	each(t, func(t *testing.T, open func() (compute.Backend, error)) {
		backendtest.Run(t, open, backendtest.Options{NoAlloc: true})
	})
}

func TestTorch(t *testing.T) {
	each(t, func(t *testing.T, open func() (compute.Backend, error)) {
		backendtest.Torch(t, open, backendtest.Gates{})
	})
}
