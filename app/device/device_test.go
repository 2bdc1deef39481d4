package device

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"reverie/compute"
	"reverie/compute/cpu"
	"reverie/compute/gl"
	"reverie/compute/nn"
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

func (f *fake) Name() string                                  { return f.name }
func (f *fake) Device() string                                { return "a fake " + f.name }
func (f *fake) Info() gl.Device                               { return f.info }
func (f *fake) Verify(context.Context, compute.Backend) error { return f.bad }
func (f *fake) Close() error                                  { f.closed = true; return f.Backend.Close() }
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

func TestOpen(t *testing.T) {
	card := gl.Device{Name: "A Card", Memory: 8 << 30}
	soft := gl.Device{Name: "llvmpipe", Software: true}
	old := gl.Device{Name: "Old Card", Problem: "the driver has no OpenGL 4.3"}
	none := fmt.Errorf("gl: %w: this system has none", compute.ErrNoDevice)
	for _, c := range []struct {
		name    string
		choice  Choice
		devices []gl.Device
		err     error
		gpu     bool // it opens
		bad     error
		want    string // backend, or a part of the error
		why     string // a part
		warning bool
	}{
		{"auto takes a card", Choice{}, []gl.Device{soft, card}, nil, true, nil, GL, "OpenGL 4.3", false},
		{"auto takes no software renderer", Choice{}, []gl.Device{soft}, nil, true, nil, CPU, "software renderer, llvmpipe", false},
		{"auto, only an old card", Choice{}, []gl.Device{old}, nil, true, nil, CPU, "Old Card: the driver has no", false},
		{"auto, nothing", Choice{Backend: Auto}, nil, none, true, nil, CPU, "this system has none", false},
		{"auto, a card that does not open", Choice{}, []gl.Device{card}, nil, false, nil, CPU, "cannot be used", false},
		{"auto, a card that computes wrongly", Choice{}, []gl.Device{card}, nil, true, errors.New("off by 0.1"), CPU, "computes wrongly, so it is not used: off by 0.1", false},
		{"gl as chosen", Choice{Backend: GL}, []gl.Device{card}, nil, true, errors.New("off"), GL, "as chosen", false},
		{"gl on a software renderer", Choice{Backend: GL}, []gl.Device{soft}, nil, true, nil, GL, "as chosen", true},
		{"gl where there is none", Choice{Backend: GL}, nil, none, false, nil, "no device", "", false},
		{"a card by name means gl", Choice{Device: "card"}, []gl.Device{card}, nil, true, nil, GL, "as chosen", false},
		{"cpu", Choice{Backend: CPU}, []gl.Device{card}, nil, true, nil, CPU, "as chosen", false},
		{"cpu with a card", Choice{Backend: CPU, Device: "0"}, nil, nil, true, nil, "not for cpu", "", false},
		{"unknown", Choice{Backend: "cuda"}, nil, nil, true, nil, `no backend "cuda"`, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var gpu *fake
			if c.gpu {
				gpu = newFake(GL)
				gpu.bad = c.bad
				if len(c.devices) > 0 {
					gpu.info = c.devices[len(c.devices)-1]
				}
			}
			b, err := fakes(gpu, newFake(CPU), c.devices, c.err).open(c.choice)
			if err != nil {
				if !strings.Contains(err.Error(), c.want) {
					t.Fatalf("error %v, want one with %q", err, c.want)
				}
				return
			}
			if b.Name() != c.want || !strings.Contains(b.Why(), c.why) || (b.Warning() != "") != c.warning {
				t.Errorf("%s, %q, warning %q", b.Name(), b.Why(), b.Warning())
			}
			if gpu != nil && c.bad != nil && c.want == CPU && !gpu.closed {
				t.Error("the GPU stays open")
			}
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func spec(t *testing.T, batch int) (compute.Spec, []float32) {
	t.Helper()
	net, err := nn.VGG19(nn.VGG19Config{Height: 32, Divisor: 32, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	x, s := make([]float32, batch*net.Input.Len()), nn.NewStream(1, 0)
	for i := range x {
		x[i] = float32(100 * s.Normal(uint64(i)))
	}
	return compute.Spec{Net: net, Weights: nn.Seeded(net, 3, 0.1), Batch: batch, Layers: []string{"conv2_1"}, Gradient: true}, x
}

func features(t *testing.T, p compute.Program, x []float32, n int) []float32 {
	t.Helper()
	op, _, _ := p.Spec().Net.Op("conv2_1")
	out := [][]float32{make([]float32, n*op.Out.Len())}
	if err := p.Features(t.Context(), x, n, out); err != nil {
		t.Fatal(err)
	}
	return out[0]
}

// A GPU that is lost: features come all the same, an evaluation says so, and
// what is compiled then is for the processor.
func TestLostDevice(t *testing.T) {
	card := gl.Device{Name: "A Card", Memory: 8 << 30}
	gpu, processor := newFake(GL), newFake(CPU)
	gpu.lostAt = 2
	b, err := fakes(gpu, processor, []gl.Device{card}, nil).open(Choice{})
	if err != nil {
		t.Fatal(err)
	}
	s, x := spec(t, 2)
	p, err := b.Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	before := features(t, p, x, 2)
	if after := features(t, p, x, 2); !slices.Equal(before, after) {
		t.Error("features changed with the device")
	}
	if b.Name() != CPU || len(b.Notes()) != 1 || !strings.Contains(b.Notes()[0], "continued on the CPU") || b.Memory() != 0 {
		t.Errorf("%s, notes %q", b.Name(), b.Notes())
	}
	p.Close()

	gpu, processor = newFake(GL), newFake(CPU)
	gpu.lostAt = 1
	if b, err = fakes(gpu, processor, []gl.Device{card}, nil).open(Choice{}); err != nil {
		t.Fatal(err)
	}
	if p, err = b.Compile(s); err != nil {
		t.Fatal(err)
	}
	loss, grad := make([]float64, 2), make([]float32, len(x))
	if err := p.Evaluate(t.Context(), x, []int{0, 1}, loss, grad); !errors.Is(err, compute.ErrDeviceLost) {
		t.Errorf("evaluate on a lost device: %v", err)
	}
	p.Close()
	if p, err = b.Compile(s); err != nil {
		t.Fatal(err)
	}
	if err := p.Evaluate(t.Context(), x, []int{0, 1}, loss, grad); err != nil || b.Name() != CPU {
		t.Errorf("afterwards, on %s: %v", b.Name(), err)
	}
	p.Close()
	if err := b.Close(); err != nil || !gpu.closed || !processor.closed {
		t.Errorf("close: %v, GPU closed %v, processor closed %v", err, gpu.closed, processor.closed)
	}
}

// A GPU without the memory takes fewer images at a time; one that cannot take a single one is left.
func TestFullDevice(t *testing.T) {
	for room, want := range map[int]struct {
		batch int
		name  string
	}{3: {2, GL}, 1: {1, GL}, 8: {8, GL}} {
		gpu := newFake(GL)
		gpu.room = room
		b, err := fakes(gpu, newFake(CPU), []gl.Device{{Name: "A Card"}}, nil).open(Choice{})
		if err != nil {
			t.Fatal(err)
		}
		s, _ := spec(t, 8)
		p, err := b.Compile(s)
		if err != nil {
			t.Fatal(err)
		}
		if p.Spec().Batch != want.batch || b.Name() != want.name || len(b.Notes()) != min(8-want.batch, 1) {
			t.Errorf("room for %d: %d at a time on %s, notes %q", room, p.Spec().Batch, b.Name(), b.Notes())
		}
		p.Close()
		b.Close()
	}
	gpu := newFake(GL)
	b, err := fakes(gpu, newFake(CPU), []gl.Device{{Name: "A Card"}}, nil).open(Choice{})
	if err != nil {
		t.Fatal(err)
	}
	s, _ := spec(t, 4)
	gpu.Backend = full{gpu.Backend}
	p, err := b.Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	if p.Spec().Batch != 4 || b.Name() != CPU {
		t.Errorf("no room at all: %d at a time on %s", p.Spec().Batch, b.Name())
	}
	p.Close()
	b.Close()
}

// full has no memory for anything.
type full struct{ compute.Backend }

func (full) Compile(compute.Spec) (compute.Program, error) { return nil, compute.ErrDeviceMemory }

func TestList(t *testing.T) {
	s := fakes(nil, nil, []gl.Device{{Index: 0, Name: "A Card", Memory: 8 << 30}, {Index: 1, Name: "Old", Problem: "too old"}, {Index: 2, Name: "llvmpipe", Software: true}}, nil)
	var got []string
	for _, e := range s.list() {
		got = append(got, e.Choice.Backend+e.Choice.Device+" "+e.Name+e.Problem)
	}
	want := []string{"auto Automatic", "gl0 A Card, 8 GB", "gl1 Oldtoo old", "gl2 llvmpipe (software)", "cpu CPU"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	none := fakes(nil, nil, nil, errors.New("gl: no usable device: install a driver"))
	if l := none.list(); len(l) != 3 || l[1].Problem != "install a driver" {
		t.Errorf("without OpenGL: %+v", l)
	}
}
