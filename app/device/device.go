// Package device chooses what computes, a GPU or the processor, and sees to it
// that work goes on when a GPU fails.
package device

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"reverie/compute"
	"reverie/compute/cpu"
	"reverie/compute/gl"
)

// Kinds of backends that a user can ask for.
const (
	Auto = "auto" // a GPU where there is one, else the processor
	GL   = "gl"
	CPU  = "cpu"
)

// Choice is what a user asked for. The zero value is Auto.
type Choice struct {
	Backend string // Auto, GL or CPU; empty is Auto
	Device  string // a GPU's number or part of its name; empty is the first
	Exact   bool   // no Winograd convolutions
	Threads int    // of the processor; 0 is every core
	Cache   string // folder for compiled and tuned kernels; empty keeps none
}

// Check says what is wrong with a choice, before anything is opened.
func (c Choice) Check() error {
	switch c.Backend {
	case "", Auto, GL:
		return nil
	case CPU:
		if c.Device != "" {
			return fmt.Errorf("device %q is for the gl backend, not for cpu", c.Device)
		}
		return nil
	}
	return fmt.Errorf("no backend %q: it is auto, gl or cpu", c.Backend)
}

// graphics is a GPU backend.
type graphics interface {
	compute.Backend
	Info() gl.Device
	Verify(ctx context.Context, against compute.Backend) error
}

// system is what backends are opened with; tests put in their own.
type system struct {
	devices func() ([]gl.Device, error)
	gl      func(gl.Options) (graphics, error)
	cpu     func(cpu.Options) (compute.Backend, error)
}

var machine = system{
	devices: gl.Devices,
	gl: func(o gl.Options) (graphics, error) {
		b, err := gl.Open(o)
		if err != nil {
			return nil, err // not a nil *gl.Backend in an interface
		}
		return b, nil
	},
	cpu: func(o cpu.Options) (compute.Backend, error) {
		b, err := cpu.Open(o)
		if err != nil {
			return nil, err
		}
		return b, nil
	},
}

// Backend is the chosen one, with the processor to fall back on: when a GPU is
// lost or its memory does not suffice, programs are compiled for the processor
// from then on, and Notes tells. It is safe for concurrent use.
type Backend struct {
	sys     system
	choice  Choice
	why     string
	warning string

	mu      sync.Mutex
	current compute.Backend
	retired []compute.Backend // closed at the end: programs of theirs may still be open
	memory  uint64            // of the device, 0 where unknown
	notes   []string
	failed  bool
	plan    compute.Plan // of the program compiled last
}

// Open opens what was chosen. Only Auto takes something else than asked for; the
// first time with a driver it has a GPU checked, which takes seconds and ends with ctx.
func Open(ctx context.Context, c Choice) (*Backend, error) { return machine.open(ctx, c) }

// With is a Backend of one that is open already; fallback opens what takes over when it fails.
func With(main compute.Backend, fallback func() (compute.Backend, error)) *Backend {
	s := system{cpu: func(cpu.Options) (compute.Backend, error) { return fallback() }}
	return &Backend{sys: s, choice: Choice{Backend: main.Name()}, why: "as chosen", current: main}
}

func (s system) open(ctx context.Context, c Choice) (*Backend, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	b := &Backend{sys: s, choice: c}
	asked := c.Backend == GL || c.Device != ""
	if c.Backend == CPU {
		b.why = "as chosen"
		return b, b.useCPU()
	}
	if !asked {
		if why := s.noHardware(); why != "" {
			b.why = why
			return b, b.useCPU()
		}
	}
	g, err := s.gl(gl.Options{Device: c.Device, Exact: c.Exact, Cache: c.Cache})
	if err != nil {
		if asked {
			return nil, err
		}
		b.why = "the GPU cannot be used: " + err.Error()
		return b, b.useCPU()
	}
	b.current, b.memory, b.why = g, g.Info().Memory, "as chosen"
	if asked {
		b.choice.Backend, b.choice.Device = GL, strconv.Itoa(g.Info().Index)
		if g.Info().Software {
			b.warning = g.Info().Name + " is a software renderer: it computes on the processor, slowly"
		}
		return b, nil
	}
	b.why = "a GPU with OpenGL 4.3"
	err = b.verify(ctx, g)
	if ctx.Err() != nil {
		g.Close()
		return nil, context.Cause(ctx)
	}
	if err != nil {
		b.why = "the GPU computes wrongly, so it is not used: " + err.Error() + "; reverie doctor tells more"
		g.Close()
		b.memory = 0
		return b, b.useCPU()
	}
	return b, nil
}

// verify has a GPU that nobody asked for compared with the processor, once per driver.
func (b *Backend) verify(ctx context.Context, g graphics) error {
	c, err := b.sys.cpu(cpu.Options{Threads: b.choice.Threads})
	if err != nil {
		return nil // nothing to compare with, and nothing else to compute on
	}
	defer c.Close()
	return g.Verify(ctx, c)
}

// noHardware says why there is no GPU to take, "" where there is one.
func (s system) noHardware() string {
	list, err := s.devices()
	if err != nil {
		return plain(err)
	}
	why := "no OpenGL device was found"
	for _, d := range list {
		switch {
		case d.Problem != "":
			why = d.Name + ": " + d.Problem
		case d.Software:
			why = "OpenGL has only a software renderer, " + d.Name
		default:
			return ""
		}
	}
	return why
}

func plain(err error) string {
	return strings.NewReplacer("gl: ", "", compute.ErrNoDevice.Error()+": ", "").Replace(err.Error())
}

func (b *Backend) useCPU() error {
	c, err := b.sys.cpu(cpu.Options{Threads: b.choice.Threads, Exact: b.choice.Exact})
	if err != nil {
		return err
	}
	b.current = c
	return nil
}

// fallBack goes over to the processor after a GPU failed with a program of this
// plan, unless that was done already.
func (b *Backend) fallBack(failed compute.Backend, plan compute.Plan, cause error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current != failed {
		return nil
	}
	if failed.Name() == CPU {
		return cause
	}
	if err := b.useCPU(); err != nil {
		return errors.Join(cause, err)
	}
	b.retired = append(b.retired, failed)
	b.memory, b.failed = 0, true
	began := failed.Device()
	if plan.Hash != "" {
		began += ", plan " + plan.Hash
	}
	b.notes = append(b.notes, fmt.Sprintf("continued on the CPU, begun on %s: %v", began, cause))
	return nil
}

func (b *Backend) now() compute.Backend {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.current
}

// Name is that of the backend in use now: "gl" or "cpu".
func (b *Backend) Name() string { return b.now().Name() }

// Device describes the hardware in use now.
func (b *Backend) Device() string { return b.now().Device() }

// Memory is that of the GPU in use, 0 where it is unknown or the processor computes.
func (b *Backend) Memory() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.memory
}

// Choice is what was asked for, a GPU by its number.
func (b *Backend) Choice() Choice {
	c := b.choice
	if c.Backend == "" {
		c.Backend = Auto
	}
	return c
}

// Why says why this backend was taken.
func (b *Backend) Why() string { return b.why }

// Warning is what a user should know about the choice itself; mostly "".
func (b *Backend) Warning() string { return b.warning }

// Failed says whether a GPU failed and the processor took over.
func (b *Backend) Failed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed
}

// Notes are what a user should know about how things were computed: failures and
// what was done then, in the order of time. The list only grows.
func (b *Backend) Notes() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.notes...)
}

// Plan is that of the program compiled last.
func (b *Backend) Plan() compute.Plan {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.plan
}

// Close closes everything that was opened. Programs must be closed before.
func (b *Backend) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	for _, r := range append(b.retired, b.current) {
		errs = append(errs, r.Close())
	}
	b.retired = nil
	return errors.Join(errs...)
}
