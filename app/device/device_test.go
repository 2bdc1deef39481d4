package device

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"reverie/compute"
	"reverie/compute/gl"
	"reverie/compute/nn"
)

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
			b, err := fakes(gpu, newFake(CPU), c.devices, c.err).open(t.Context(), c.choice)
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
	b, err := fakes(gpu, processor, []gl.Device{card}, nil).open(t.Context(), Choice{})
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
	if b.Name() != CPU || len(b.Notes()) != 1 || !strings.Contains(b.Notes()[0], "continued on the CPU, begun on a fake gl: ") || b.Memory() != 0 || !b.Failed() {
		t.Errorf("%s, notes %q", b.Name(), b.Notes())
	}
	p.Close()

	gpu, processor = newFake(GL), newFake(CPU)
	gpu.lostAt = 1
	if b, err = fakes(gpu, processor, []gl.Device{card}, nil).open(t.Context(), Choice{}); err != nil {
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
		b, err := fakes(gpu, newFake(CPU), []gl.Device{{Name: "A Card"}}, nil).open(t.Context(), Choice{})
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
	b, err := fakes(gpu, newFake(CPU), []gl.Device{{Name: "A Card"}}, nil).open(t.Context(), Choice{})
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

// Who ends the program while a GPU is being checked does not get the processor instead.
func TestOpenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	gpu := newFake(GL)
	b, err := fakes(gpu, newFake(CPU), []gl.Device{{Name: "A Card"}}, nil).open(ctx, Choice{})
	if !errors.Is(err, context.Canceled) || b != nil || !gpu.closed {
		t.Errorf("%v, %v, GPU closed %v", b, err, gpu.closed)
	}
}

func TestKnown(t *testing.T) {
	s := fakes(nil, nil, []gl.Device{{Index: 0, Name: "A Card"}, {Index: 1, Name: "Old", Problem: "too old"}}, nil)
	for name, want := range map[string]bool{"0": true, "1": true, "2": false, "card": true, "old": true, "other": false} {
		if s.known(name) != want {
			t.Errorf("%q known: %v", name, !want)
		}
	}
	if none := fakes(nil, nil, nil, errors.New("no driver")); !none.known("anything") {
		t.Error("a name was judged without a list")
	}
}

func TestList(t *testing.T) {
	s := fakes(nil, nil, []gl.Device{{Index: 0, Name: "A Card", Memory: 8 << 30}, {Index: 1, Name: "Old", Problem: "too old"}, {Index: 2, Name: "llvmpipe", Software: true}}, nil)
	var got []string
	for _, e := range s.list() {
		got = append(got, e.Choice.Backend+e.Choice.Device+" "+e.Name+e.Problem)
	}
	want := []string{"auto Automatic", "gl0 A Card, 8 GB", "gl1 Oldtoo old", "gl2 llvmpipe, in software", "cpu CPU"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	none := fakes(nil, nil, nil, errors.New("gl: no usable device: install a driver"))
	if l := none.list(); len(l) != 3 || l[1].Problem != "install a driver" {
		t.Errorf("without OpenGL: %+v", l)
	}
}
