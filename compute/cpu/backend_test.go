package cpu_test

import (
	"testing"

	"reverie/compute"
	"reverie/compute/backendtest"
	"reverie/compute/cpu"
)

func TestBackend(t *testing.T) {
	for name, opt := range map[string]cpu.Options{"default": {}, "exact": {Exact: true}} {
		t.Run(name, func(t *testing.T) {
			backendtest.Run(t, func() (compute.Backend, error) {
				b, err := cpu.Open(opt)
				if err != nil {
					return nil, err // not a nil *Backend in an interface
				}
				return b, nil
			}, backendtest.Options{NoAlloc: true})
		})
	}
}
