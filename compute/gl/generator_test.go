package gl

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"reverie/compute"
	"reverie/compute/cpu"
	"reverie/compute/gl/plan"
	"reverie/compute/nn"
)

// behindTask is a task of a small network behind a small generator.
func behindTask(t testing.TB, cfg nn.VGG19Config, batch int, loss compute.Loss, layers ...string) task {
	t.Helper()
	k := newTask(t, cfg, batch, layers...)
	g := smallGenerator(k.spec.Net.Input)
	for i := range g.Ops {
		g.Ops[i].Slope = 0.3
	}
	both, err := nn.Join(g, k.spec.Net)
	if err != nil {
		t.Fatal(err)
	}
	k.spec.Net, k.spec.Loss = both, loss
	k.spec.Weights = nn.JoinWeights(nn.Seeded(g, 4, 0.1), k.spec.Weights)
	k.x = k.x[:batch*both.Input.Len()]
	return k
}

// mask sets seeded masks for every layer of a slot.
func (k task) mask(t testing.TB, p compute.Program, slot int) {
	t.Helper()
	for l, v := range k.target[slot] {
		m, s := make([]float32, len(v)), nn.NewStream(3, uint64(slot*100+l))
		for i := range m {
			m[i] = float32(s.Uniform(uint64(i)))
		}
		if err := p.SetTarget(slot, l, compute.Target{Values: v, Mask: m, Weight: 0.5}); err != nil {
			t.Fatal(err)
		}
	}
}

// A mask that is nil costs nothing until the first that is not; then masks take as much as the targets.
func TestMaskMemory(t *testing.T) {
	k := behindTask(t, small, 2, compute.L2, "conv1_2", "fc6")
	p := k.compile(t, backend(t, Options{})).(*program)
	defer p.Close()
	before, want := p.Plan(), k.evaluate(t, p)
	if len(p.exec.names) != len(p.plan.Tensors) || p.plan.Masks != nil {
		t.Fatal("masks before one was set")
	}
	k.mask(t, p, 1)
	targets := uint64(0)
	for _, i := range p.plan.Targets {
		targets += uint64(p.plan.Tensors[i].Bytes)
	}
	after := p.Plan()
	if after.Memory-before.Memory != targets || after.Hash == before.Hash {
		t.Errorf("%d bytes, then %d, the targets are %d; plan %s, then %s", before.Memory, after.Memory, targets, before.Hash, after.Hash)
	}
	n := len(k.spec.Layers)
	got := k.evaluate(t, p)
	if e := difference(got.grad[:len(got.grad)/2], want.grad[:len(got.grad)/2]); !(e < 1e-6) {
		t.Errorf("the slot without a mask differs by %.1e", e)
	}
	if slices.Equal(got.loss[n:], want.loss[n:]) {
		t.Error("the mask changes nothing")
	}
	for l, v := range k.target[1] { // taken back
		if err := p.SetTarget(1, l, compute.Target{Values: v, Weight: 0.5 / float64(len(v))}); err != nil {
			t.Fatal(err)
		}
	}
	if e := difference(k.evaluate(t, p).grad, want.grad); !(e < 1e-6) {
		t.Errorf("masks taken back: the gradient differs by %.1e", e)
	}
}

// Cutting and barriers change no bit of a generator, of masks and of the loss of
// products either, nothing is allocated, and the picture outlives the gradient.
func TestGeneratorSlicing(t *testing.T) {
	for _, name := range []string{"default", "minimal"} {
		way := ways[name]
		t.Run(name, func(t *testing.T) {
			k := behindTask(t, small, 3, compute.Gram, "conv1_1", "conv4_1", "fc6")
			run := func(b *Backend, rate float64) (answer, []float32) {
				p := k.compile(t, b)
				defer p.Close()
				k.mask(t, p, 1)
				if rate > 0 {
					b.setRate(rate)
				}
				a, picture := k.evaluate(t, p), make([]float32, k.spec.Net.Picture().Len())
				if rate > 0 {
					if n := len(p.(*program).evaluate.byCount[3].ends); n < 10 {
						t.Errorf("only %d segments", n)
					}
				}
				if err := p.Picture(2, picture); err != nil {
					t.Fatal(err)
				}
				slots := first(3)
				if n := testing.AllocsPerRun(3, func() {
					if err := p.Evaluate(context.Background(), k.x, slots, a.loss, a.grad); err != nil {
						t.Fatal(err)
					}
				}); n > 0 && rate == 0 {
					t.Errorf("%g allocations", n)
				}
				ctx, cancel := context.WithCancelCause(context.Background())
				why := errors.New("enough")
				cancel(why)
				if err := p.Evaluate(ctx, k.x, slots, make([]float64, len(a.loss)), make([]float32, len(a.grad))); !errors.Is(err, why) {
					t.Errorf("cancelled: %v", err)
				}
				same(t, "after a cancelled call", k.evaluate(t, p), a)
				return a, picture
			}
			want, picture := run(backend(t, way), 0)
			cut, again := run(backend(t, way), 1e6)
			same(t, "cut small", cut, want)
			if !slices.Equal(picture, again) {
				t.Error("cut small: another picture")
			}
			way.barriers = true
			all, _ := run(backend(t, way), 0)
			same(t, "all barriers", all, want)
		})
	}
}

// Targets and masks larger than a bound range are bound slot by slot.
func TestMasksSlotBySlot(t *testing.T) {
	c, err := cpu.Open(cpu.Options{Exact: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for l := range compute.Losses {
		k := newTask(t, small, 3, "conv1_1", "conv2_1")
		k.spec.Loss = compute.Loss(l)
		results := func(b compute.Backend) answer {
			p := k.compile(t, b)
			defer p.Close()
			for slot := range 3 {
				k.mask(t, p, slot)
			}
			if g, ok := p.(*program); ok && !g.plan.SlotBound(g.b.lim) {
				t.Error("all slots fit one range: the test shows nothing")
			}
			a := answer{loss: make([]float64, 6), grad: make([]float32, len(k.x))}
			if err := p.Evaluate(context.Background(), k.x, []int{2, 0, 1}, a.loss, a.grad); err != nil {
				t.Fatal(err)
			}
			return a
		}
		got := results(backend(t, Options{limit: func(lim plan.Limits, p plan.Profile) (plan.Limits, plan.Profile) {
			lim.StorageBlock = 80 << 10
			p.Texel, p.Workspace = false, 1<<15
			return lim, p
		}}))
		want := results(c)
		if e := difference(got.grad, want.grad); !(e < 1e-3) { // kinks
			t.Errorf("%s: gradient differs from the CPU's by %.1e", compute.Losses[l], e)
		}
		for i := range got.loss {
			if e := got.loss[i]/want.loss[i] - 1; !(e < 1e-4 && e > -1e-4) {
				t.Errorf("%s: loss %d is %g, the CPU's %g", compute.Losses[l], i, got.loss[i], want.loss[i])
			}
		}
	}
}

// Every picture size has its crop, at even and odd offsets, and its adjoint.
func TestCrops(t *testing.T) {
	c, err := cpu.Open(cpu.Options{Exact: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b := backend(t, Options{})
	for _, size := range [][2]int{{17, 24}, {18, 19}, {24, 23}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			k := behindTask(t, nn.VGG19Config{Height: size[0], Width: size[1], Divisor: 16, Classes: 10, Slope: 0.2, Pool: nn.AveragePool}, 2, compute.L2, "conv1_1")
			got, want := k.run(t, b), k.run(t, c)
			if e := difference(got.grad, want.grad); !(e < 1e-5) {
				t.Errorf("gradient differs from the CPU's by %.1e", e)
			}
		})
	}
}
