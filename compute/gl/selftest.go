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
	mine, err := results(ctx, func() (compute.Program, error) { return b.compile(spec, profile) }, spec, x, t.masks)
	if errors.Is(err, compute.ErrDeviceLost) || ctx.Err() != nil {
		return err
	}
	for _, other := range against {
		c := Check{Kernel: t.kernel, Against: other.Name(), Gate: t.gate, Err: err}
		if err == nil {
			theirs, err := results(ctx, func() (compute.Program, error) { return other.Compile(spec) }, spec, x, t.masks)
			if err != nil {
				return fmt.Errorf("self-test: %s on %s: %w", t.kernel, other.Name(), err)
			}
			c.Error = furthest(mine, theirs)
		}
		report(c)
	}
	return nil
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
