package gl

import (
	"testing"

	"reverie/compute"
	"reverie/compute/backendtest"
	"reverie/compute/gl/plan"
)

// ways are the plans that the suite is passed by: the driver's own profile and
// those of hardware, whose kernels must be right here too.
var ways = map[string]Options{
	"default": {},
	"exact":   {Exact: true},
	"shared": {limit: func(l plan.Limits, _ plan.Profile) (plan.Limits, plan.Profile) {
		return l, plan.NVIDIA // shared memory, storage buffers
	}},
	"minimal": {limit: func(_ plan.Limits, p plan.Profile) (plan.Limits, plan.Profile) {
		l := plan.Minimal
		l.StorageBlock = 1 << 19 // cuts even small networks
		p.Workspace = 1 << 16
		return l, p
	}},
}

// gatesOf are wider with Winograd convolutions, as on the CPU.
func gatesOf(opt Options) backendtest.Gates {
	if opt.Exact {
		return backendtest.Gates{}
	}
	return backendtest.Gates{Features: 5e-5, Masked: 5e-5}
}

func TestBackend(t *testing.T) {
	for name, opt := range ways {
		t.Run(name, func(t *testing.T) {
			backendtest.Run(t, func() (compute.Backend, error) {
				b, err := Open(opt)
				if err != nil {
					return nil, err // not a nil *Backend in an interface
				}
				return b, nil
			}, backendtest.Options{NoAlloc: true, Gates: gatesOf(opt)})
		})
	}
}

// TestTorch computes the whole VGG19 at 224×224 among others.
func TestTorch(t *testing.T) {
	for _, name := range []string{"default", "exact"} {
		t.Run(name, func(t *testing.T) {
			backendtest.Torch(t, func() (compute.Backend, error) {
				b, err := Open(ways[name])
				if err != nil {
					return nil, err
				}
				return b, nil
			}, gatesOf(ways[name]))
		})
	}
}
