package gl

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/go-gl/gl/v4.3-core/gl"

	"reverie/compute"
	"reverie/compute/cpu"
	"reverie/compute/gl/plan"
	"reverie/compute/nn"
)

// task is a program with targets and images.
type task struct {
	spec   compute.Spec
	x      []float32
	target [][][]float32 // [slot][layer]
}

func newTask(t testing.TB, cfg nn.VGG19Config, batch int, layers ...string) task {
	t.Helper()
	net, err := nn.VGG19(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if layers == nil {
		layers = net.Layers()
	}
	k := task{spec: compute.Spec{Net: net, Weights: nn.Seeded(net, 7, 0.1), Batch: batch, Layers: layers, Gradient: true}}
	k.x = make([]float32, batch*net.Input.Len())
	s := nn.NewStream(1, 0)
	for i := range k.x {
		k.x[i] = float32(s.Uniform(uint64(i))*255 - 117)
	}
	for slot := range batch {
		var row [][]float32
		for l, name := range layers {
			op, _, _ := net.Op(name)
			v, s := make([]float32, op.Out.Len()), nn.NewStream(2, uint64(slot*100+l))
			for i := range v {
				v[i] = float32(s.Normal(uint64(i)))
			}
			row = append(row, v)
		}
		k.target = append(k.target, row)
	}
	return k
}

func (k task) compile(t testing.TB, b compute.Backend) compute.Program {
	t.Helper()
	p, err := b.Compile(k.spec)
	if err != nil {
		t.Fatal(err)
	}
	for slot, row := range k.target {
		for l, v := range row {
			if err := p.SetTarget(slot, l, compute.Target{Values: v, Weight: 0.5 / float64(len(v))}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return p
}

type answer struct {
	loss []float64
	grad []float32
}

func (k task) evaluate(t testing.TB, p compute.Program) answer {
	t.Helper()
	a := answer{loss: make([]float64, k.spec.Batch*len(k.spec.Layers)), grad: make([]float32, len(k.x))}
	if err := p.Evaluate(context.Background(), k.x, first(k.spec.Batch), a.loss, a.grad); err != nil {
		t.Fatal(err)
	}
	return a
}

func (k task) run(t testing.TB, b compute.Backend) answer {
	t.Helper()
	p := k.compile(t, b)
	defer p.Close()
	return k.evaluate(t, p)
}

func same(t *testing.T, what string, a, b answer) {
	t.Helper()
	if !slices.Equal(a.loss, b.loss) {
		t.Errorf("%s: losses differ: %g and %g", what, a.loss, b.loss)
	}
	if !slices.Equal(a.grad, b.grad) {
		t.Errorf("%s: gradients differ by %.1e", what, difference(a.grad, b.grad))
	}
}

var small = nn.VGG19Config{Height: 48, Width: 41, Divisor: 16, Classes: 10}

// However the work is cut, and with a barrier of every kind before every
// dispatch, the bits are the same: the plan decides about them alone.
func TestSlicingAndBarriersChangeNothing(t *testing.T) {
	k := newTask(t, small, 3)
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			b := backend(t, way)
			p := k.compile(t, b)
			defer p.Close()
			want := k.evaluate(t, p)
			same(t, "the same again", k.evaluate(t, p), want)
			p.(*program).evaluate.byCount = make([]*list, 4)
			b.setRate(1e6) // every dispatch is to last 25 ms at a millionth of the speed
			same(t, "cut small", k.evaluate(t, p), want)
			if n := len(p.(*program).evaluate.byCount[3].ends); n < 10 {
				t.Errorf("only %d segments", n)
			}
			way.barriers = true
			same(t, "all barriers, another context", k.run(t, backend(t, way)), want)
		})
	}
}

// Full-size layers go through the 16 MiB blocks that every driver has, in several
// bound ranges, and agree with the CPU.
func TestSmallestLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("full-size layers left out: -short")
	}
	k := newTask(t, nn.VGG19Config{Divisor: 2}, 3, "conv1_1", "conv1_2")
	b := backend(t, Options{limit: func(_ plan.Limits, p plan.Profile) (plan.Limits, plan.Profile) { return plan.Minimal, p }})
	p := k.compile(t, b)
	defer p.Close()
	split := false
	commands, err := p.(*program).plan.Commands(p.(*program).plan.Forward, plan.Batch{Slots: first(3)}, b.lim)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range commands {
		for _, k := range c.Binds {
			split = split || k.Offset > 0 && !k.Texel && p.(*program).plan.Tensors[k.Tensor].Kind == plan.State
		}
	}
	if !split {
		t.Error("everything fits one block: the test shows nothing")
	}
	got := k.evaluate(t, p)
	c, err := cpu.Open(cpu.Options{Exact: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	want := k.run(t, c)
	if e := difference(got.grad, want.grad); !(e < 1e-4) { // kinks of the rectifier
		t.Errorf("gradient differs from the CPU's by %.1e", e)
	}
	for i := range got.loss {
		if e := got.loss[i]/want.loss[i] - 1; !(e < 1e-5 && e > -1e-5) {
			t.Errorf("loss %d is %g, the CPU's %g", i, got.loss[i], want.loss[i])
		}
	}
}

// A full device and a lost one are told apart, and the backend says the second
// from then on.
func TestFailures(t *testing.T) {
	k := newTask(t, small, 1, "conv2_1")
	b := backend(t, Options{})
	p := k.compile(t, b)
	want := k.evaluate(t, p)
	evaluate := func() error {
		return p.Evaluate(context.Background(), k.x, []int{0}, make([]float64, 1), make([]float32, len(k.x)))
	}
	restore := b.fail(gl.OUT_OF_MEMORY, 0)
	if err := evaluate(); !errors.Is(err, compute.ErrDeviceMemory) {
		t.Errorf("out of memory while it ran: %v", err)
	}
	restore()
	same(t, "after a full device", k.evaluate(t, p), want)

	restore = b.fail(gl.OUT_OF_MEMORY, 0)
	if _, err := b.Compile(k.spec); !errors.Is(err, compute.ErrDeviceMemory) {
		t.Errorf("out of memory while it was compiled: %v", err)
	}
	restore()
	same(t, "after a compile that failed", k.run(t, b), want)

	restore = b.fail(0, 0x8253) // GUILTY_CONTEXT_RESET
	err := evaluate()
	if !errors.Is(err, compute.ErrDeviceLost) {
		t.Errorf("reset: %v", err)
	}
	restore()
	if again := evaluate(); !errors.Is(again, compute.ErrDeviceLost) {
		t.Errorf("after the reset: %v", again)
	}
	t.Log(err)
	if err := p.Close(); err != nil {
		t.Errorf("close after the reset: %v", err)
	}
	same(t, "another context", k.run(t, backend(t, Options{})), want)
}

// Programs are kept as binaries; broken ones are made again.
func TestProgramCache(t *testing.T) {
	k := newTask(t, small, 1, "conv1_2", "fc6")
	dir := t.TempDir()
	b := backend(t, Options{Cache: dir})
	if !b.binaries {
		t.Fatal("this driver gives no binaries: Mesa does")
	}
	want := k.run(t, b)
	files, err := filepath.Glob(filepath.Join(dir, "programs", "*.bin"))
	if err != nil || len(files) < 5 {
		t.Fatalf("%d binaries are kept: %v", len(files), err)
	}
	if err := os.WriteFile(files[0], []byte("no program at all"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(files[1], 3); err != nil {
		t.Fatal(err)
	}
	same(t, "from binaries", k.run(t, backend(t, Options{Cache: dir})), want)
}

func TestTune(t *testing.T) {
	k := newTask(t, nn.VGG19Config{Height: 16, Divisor: 16}, 1, "conv1_2")
	dir := t.TempDir()
	b := backend(t, Options{Cache: dir})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := 0
	_, err := b.Tune(ctx, k.spec, func(done, total int, u Tuned) {
		t.Log(u.Shape, "→", u.Choice, u.Seconds, "before", u.Before)
		if n++; done == 1 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || n != 1 {
		t.Fatalf("cancelled after the first of the shapes: %d done, %v", n, err)
	}
	kept := backend(t, Options{Cache: dir}).Profile().Tuned
	if len(kept) != 1 {
		t.Fatalf("%d choices are kept of a cancelled run, want the one that was found", len(kept))
	}
	out, err := b.Tune(context.Background(), k.spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 4 { // two layers, two directions
		t.Errorf("%d shapes were tuned", len(out))
	}
	for _, u := range out {
		if u.Seconds > u.Before || u.Tried < 5 {
			t.Errorf("%s: %d ways tried, %g s against %g s before", u.Shape, u.Tried, u.Seconds, u.Before)
		}
	}
	p := k.compile(t, b).(*program)
	defer p.Close()
	for _, c := range p.plan.Choices {
		if c.Choice != b.Profile().Tuned[c.Shape.String()] {
			t.Errorf("%s is done by %s, not as tuned", c.Shape, c.Choice)
		}
	}
}

// A way whose error is over the gate is never taken, however fast.
func TestTuneRejects(t *testing.T) {
	k := newTask(t, nn.VGG19Config{Height: 16, Divisor: 16}, 1, "conv1_1")
	b := backend(t, Options{})
	b.gates = gates{direct: -1, winograd: -1}
	if _, err := b.Tune(context.Background(), k.spec, nil); err == nil {
		t.Error("kernels over the gate were taken")
	} else if len(b.Profile().Tuned) > 0 {
		t.Errorf("%v, and yet kept: %v", err, b.Profile().Tuned)
	}
}

func TestProfileCountsEverything(t *testing.T) {
	k := newTask(t, small, 2)
	b := backend(t, Options{})
	p := k.compile(t, b)
	defer p.Close()
	k.evaluate(t, p)
	times, err := p.(Profiler).Profile(context.Background(), first(2))
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	for _, m := range times {
		labels = append(labels, m.Label)
		if !(m.Seconds > 0) {
			t.Errorf("%s took %g s", m.Label, m.Seconds)
		}
	}
	for _, want := range []string{"images in", "pool3", "fc7 backward", "fc8 loss"} {
		if !slices.Contains(labels, want) {
			t.Errorf("no time for %q among %q", want, labels)
		}
	}
}

func TestDevices(t *testing.T) {
	list, err := Devices()
	if err != nil {
		t.Fatal(err)
	}
	usable := 0
	for _, d := range list {
		t.Logf("%+v", d)
		if d.Problem == "" {
			usable++
		}
	}
	if usable == 0 {
		t.Fatal("no usable device")
	}
	if _, err := Open(Options{Device: "no such card"}); !errors.Is(err, compute.ErrNoDevice) {
		t.Errorf("a device that is not there: %v", err)
	}
	b := backend(t, Options{Device: list[0].Name[:5]})
	if b.Info().Name != list[0].Name {
		t.Errorf("asked for %q, got %q", list[0].Name[:5], b.Info().Name)
	}
	if _, err := Open(Options{Device: "99"}); !errors.Is(err, compute.ErrNoDevice) {
		t.Errorf("device 99: %v", err)
	}
}
