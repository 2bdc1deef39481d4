package device

import (
	"context"
	"errors"
	"fmt"

	"reverie/compute"
	"reverie/compute/cpu"
	"reverie/compute/gl"
	"reverie/compute/ref"
)

// fake is a backend of float64 that fails when told to.
type fake struct {
	compute.Backend
	name   string
	info   gl.Device
	bad    error // of Verify
	room   int   // most images that its memory holds; 0 is any number
	lostAt int   // evaluation or features call that loses the device; 0 never
	calls  int
	closed bool
}

func newFake(name string) *fake { return &fake{Backend: ref.Open(), name: name} }

func (f *fake) Name() string    { return f.name }
func (f *fake) Device() string  { return "a fake " + f.name }
func (f *fake) Info() gl.Device { return f.info }
func (f *fake) Verify(ctx context.Context, _ compute.Backend) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return f.bad
}
func (f *fake) Close() error { f.closed = true; return f.Backend.Close() }
func (f *fake) Compile(s compute.Spec) (compute.Program, error) {
	if f.room > 0 && s.Batch > f.room {
		return nil, fmt.Errorf("compile: %w", compute.ErrDeviceMemory)
	}
	p, err := f.Backend.Compile(s)
	if err != nil {
		return nil, err
	}
	return &fakeProgram{p, f}, nil
}

type fakeProgram struct {
	compute.Program
	f *fake
}

func (p *fakeProgram) lost() error {
	if p.f.calls++; p.f.lostAt > 0 && p.f.calls >= p.f.lostAt {
		return fmt.Errorf("gl: %w: a test", compute.ErrDeviceLost)
	}
	return nil
}

func (p *fakeProgram) Evaluate(ctx context.Context, x []float32, slots []int, loss []float64, grad []float32) error {
	if err := p.lost(); err != nil {
		return err
	}
	return p.Program.Evaluate(ctx, x, slots, loss, grad)
}

func (p *fakeProgram) Features(ctx context.Context, x []float32, n int, out [][]float32) error {
	if err := p.lost(); err != nil {
		return err
	}
	return p.Program.Features(ctx, x, n, out)
}

// fakes is a machine with these devices, of which the first that is usable opens as gpu.
func fakes(gpu, processor *fake, devices []gl.Device, err error) system {
	return system{
		devices: func() ([]gl.Device, error) { return devices, err },
		gl: func(o gl.Options) (graphics, error) {
			if gpu == nil {
				return nil, fmt.Errorf("gl: %w: no device %q", compute.ErrNoDevice, o.Device)
			}
			return gpu, nil
		},
		cpu: func(cpu.Options) (compute.Backend, error) {
			if processor == nil {
				return nil, errors.New("no processor")
			}
			*processor = *newFake(CPU) // each is another, as in life
			return processor, nil
		},
	}
}
