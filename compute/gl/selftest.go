package gl

import (
	"context"
	"errors"
	"fmt"
	"math"

	"reverie/compute"
	"reverie/compute/gl/plan"
	"reverie/compute/nn"
)

// Check is one result of a self-test.
type Check struct {
	Kernel  string  // what was tried
	Against string  // the backend it was compared with, or "adjoint"
	Error   float64 // relative; the largest of features, losses and gradient
	Gate    float64
	Err     error // it did not run at all
}

// OK says whether the check was passed.
func (c Check) OK() bool { return c.Err == nil && c.Error <= c.Gate }

// trial is a small network that a kernel has most of the work of.
type trial struct {
	kernel string
	cfg    nn.VGG19Config
	layers []string
	gate   float64
	set    func(*plan.Profile) // nil leaves profile and tuning as they are
}

// Without kinks every difference is rounding; a rectifier or a maximum may fall
// on the other side here and there.
const kinks = 1e-3

func linear(c nn.VGG19Config) nn.VGG19Config {
	c.Divisor, c.Classes, c.Slope = 16, 10, 1
	if c.Height == 0 {
		c.Height, c.Width = 21, 18
	}
	return c
}

// trials are the kernels and their variants. Each forces what it tries, whatever
// the device's profile or tuning would choose.
func trials() []trial {
	registers := plan.Simplest().Tile
	shared := plan.Tile{WX: 16, WY: 4, TN: 4, TM: 1, KT: 4, Pad: 1}
	direct := func(t plan.Tile, texel bool, cores int) func(*plan.Profile) {
		return func(p *plan.Profile) {
			p.Winograd, p.Tiles, p.Texel, p.Cores = 0, []plan.Tile{t}, texel, cores
		}
	}
	winograd := func(t plan.Tile, texel bool) func(*plan.Profile) {
		return func(p *plan.Profile) { p.Winograd, p.Tiles, p.Texel, p.Exact = 1, []plan.Tile{t}, texel, false }
	}
	average := nn.VGG19Config{Pool: nn.AveragePool}
	conv := []string{"conv1_1", "conv1_2"}
	pooled := []string{"conv2_1"}
	return []trial{
		{"convolution, registers", linear(average), conv, 1e-5, direct(registers, false, 1)},
		{"convolution, registers, textures", linear(average), conv, 1e-5, direct(registers, true, 1)},
		{"convolution, shared memory", linear(average), conv, 1e-5, direct(shared, false, 1)},
		{"convolution, shared memory, textures", linear(average), conv, 1e-5, direct(shared, true, 1)},
		{"convolution, sum in parts", linear(nn.VGG19Config{Height: 12, Width: 9, Pool: nn.AveragePool}), []string{"conv4_2"}, 1e-5, direct(registers, false, 4096)},
		{"Winograd, registers", linear(average), conv, 5e-5, winograd(registers, false)},
		{"Winograd, registers, textures", linear(average), conv, 5e-5, winograd(registers, true)},
		{"Winograd, shared memory", linear(average), conv, 5e-5, winograd(shared, false)},
		{"average pooling", linear(average), pooled, 1e-5, direct(registers, false, 1)},
		{"maximum pooling", linear(nn.VGG19Config{}), pooled, kinks, direct(registers, false, 1)},
		{"rectifier", nn.VGG19Config{Height: 21, Width: 18, Divisor: 16, Classes: 10}, conv, kinks, direct(registers, false, 1)},
		{"fully connected", linear(average), []string{"fc6", "fc8"}, 5e-5, direct(registers, false, 1)},
		{"this device's own plan", nn.VGG19Config{Height: 64, Divisor: 8, Classes: 10}, nil, kinks, nil},
	}
}

// SelfTest tries every kernel and variant on this device against other backends,
// on small networks, and reports each comparison as it is made. What fails is in
// the checks; the error is for a cancelled context or a lost device.
func (b *Backend) SelfTest(ctx context.Context, against []compute.Backend, report func(Check)) error {
	for _, t := range trials() {
		if err := b.try(ctx, t, against, report); err != nil {
			return err
		}
	}
	return b.testTransposed(ctx, report)
}

// try makes one trial.
func (b *Backend) try(ctx context.Context, t trial, against []compute.Backend, report func(Check)) error {
	spec, x, err := t.spec()
	if err != nil {
		return fmt.Errorf("self-test: %s: %w", t.kernel, err)
	}
	profile := b.Profile()
	if t.set != nil {
		profile.Tuned = nil
		t.set(&profile)
	}
	mine, err := results(ctx, func() (compute.Program, error) { return b.compile(spec, profile) }, spec, x)
	if errors.Is(err, compute.ErrDeviceLost) || ctx.Err() != nil {
		return err
	}
	for _, other := range against {
		c := Check{Kernel: t.kernel, Against: other.Name(), Gate: t.gate, Err: err}
		if err == nil {
			theirs, err := results(ctx, func() (compute.Program, error) { return other.Compile(spec) }, spec, x)
			if err != nil {
				return fmt.Errorf("self-test: %s on %s: %w", t.kernel, other.Name(), err)
			}
			c.Error = furthest(mine, theirs)
		}
		report(c)
	}
	return nil
}

func (t trial) spec() (compute.Spec, []float32, error) {
	net, err := nn.VGG19(t.cfg)
	if err != nil {
		return compute.Spec{}, nil, err
	}
	layers := t.layers
	if layers == nil {
		layers = net.Layers()
	}
	x, s := make([]float32, 2*net.Input.Len()), nn.NewStream(5, 0)
	for i := range x {
		x[i] = float32(255*s.Uniform(uint64(i)) - 117)
	}
	return compute.Spec{Net: net, Weights: nn.Seeded(net, 3, 0.1), Batch: 2, Layers: layers, Gradient: true}, x, nil
}

// results are the features, losses and gradients of two images, one list of values each.
func results(ctx context.Context, compile func() (compute.Program, error), spec compute.Spec, x []float32) ([][]float32, error) {
	p, err := compile()
	if err != nil {
		return nil, err
	}
	defer p.Close()
	var out [][]float32
	for l, name := range spec.Layers {
		op, _, _ := spec.Net.Op(name)
		n := op.Out.Len()
		out = append(out, make([]float32, 2*n))
		for slot := range 2 {
			v, s := make([]float32, n), nn.NewStream(6, uint64(100*slot+l))
			for i := range v {
				v[i] = float32(10 * s.Normal(uint64(i)))
			}
			if err := p.SetTarget(slot, l, compute.Target{Values: v, Weight: 1 / float64(n)}); err != nil {
				return nil, err
			}
		}
	}
	if err := p.Features(ctx, x, 2, out); err != nil {
		return nil, err
	}
	loss, grad := make([]float64, 2*len(spec.Layers)), make([]float32, len(x))
	if err := p.Evaluate(ctx, x, []int{1, 0}, loss, grad); err != nil {
		return nil, err
	}
	for _, v := range loss {
		out = append(out, []float32{float32(v)})
	}
	return append(out, grad), nil
}

// furthest is the largest relative difference of any list; NaN counts as infinite.
func furthest(got, want [][]float32) float64 {
	worst := 0.0
	for i := range want {
		e := difference(got[i], want[i])
		if math.IsNaN(e) {
			return math.Inf(1)
		}
		worst = max(worst, e)
	}
	return worst
}

// testTransposed holds the generator's kernels to the adjoint identity
// ⟨Jx,g⟩ = ⟨x,Jᵀg⟩: forward and backward are different kernels, which must be
// each other's transposes.
func (b *Backend) testTransposed(ctx context.Context, report func(Check)) error {
	for _, kind := range []plan.ConvKind{plan.Deconv3, plan.Deconv4} {
		in := nn.Shape{C: 20, H: 7, W: 6}
		out := nn.Shape{C: 12, H: 7, W: 6}
		taps := 9
		if kind == plan.Deconv4 {
			out.H, out.W, taps = 14, 12, 16
		}
		s := plan.Single{
			Op:   nn.Op{Kind: nn.Conv, Name: "layer", In: in, Out: out},
			Conv: kind, Images: 1, Forward: true, Backward: true,
		}
		fill := func(stream uint64, n int) []float32 {
			v, r := make([]float32, n), nn.NewStream(9, stream)
			for i := range v {
				v[i] = float32(r.Normal(uint64(i)))
			}
			return v
		}
		x, g := fill(0, in.Len()), fill(1, out.Len())
		w := nn.Weights{"layer": {W: fill(2, in.C*out.C*taps), B: make([]float32, out.C)}}
		y, d := make([]float32, out.Len()), make([]float32, in.Len())
		c := Check{Kernel: "transposed " + kind.String()[6:] + "×" + kind.String()[6:], Against: "adjoint", Gate: 1e-5}
		var p *plan.Plan
		if p, c.Err = s.Plan(b.Profile(), b.lim); c.Err == nil {
			c.Err = b.single(ctx, p, s, w, x, g, y, d)
		}
		if errors.Is(c.Err, compute.ErrDeviceLost) || ctx.Err() != nil {
			return c.Err
		}
		left, right := dot(y, g), dot(d, x)
		c.Error = math.Abs(left-right) / math.Sqrt(dot(y, y)*dot(g, g)/float64(len(g)))
		if math.IsNaN(c.Error) {
			c.Error = math.Inf(1)
		}
		report(c)
	}
	return nil
}

func dot(a, b []float32) (sum float64) {
	for i, v := range a {
		sum += float64(v) * float64(b[i])
	}
	return sum
}
