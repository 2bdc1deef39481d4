// Package backendtest is the suite that every compute backend passes: agreement
// with the float64 reference and with PyTorch, properties that need neither (finite
// differences, the adjoint identity, batch invariance, repeatability), the end
// of cancelled calls and behaviour on wrong use.
package backendtest

import (
	"math"
	"testing"

	"reverie/compute"
	"reverie/compute/nn"
)

// Options say what else a backend promises.
type Options struct {
	// NoAlloc says that Evaluate allocates nothing on Go's heap.
	NoAlloc bool
	Gates   Gates
	// Brief takes few of the cases with generators and losses: for the reference, which is slow and is held against itself there.
	Brief bool
}

// Run runs the suite as sub-tests. open is called once per sub-test.
func Run(t *testing.T, open func() (compute.Backend, error), opt Options) {
	gates := opt.Gates.filled()
	for _, s := range []struct {
		name string
		run  func(*testing.T, compute.Backend)
	}{
		{"reference", func(t *testing.T, b compute.Backend) { agreement(t, b, gates) }},
		{"masked gradient", func(t *testing.T, b compute.Backend) { masked(t, b, gates) }},
		{"finite difference", finiteDifference},
		{"adjoint", adjoint},
		{"generators", func(t *testing.T, b compute.Backend) { generators(t, b, gates, opt.Brief) }},
		{"losses and masks", func(t *testing.T, b compute.Backend) { losses(t, b, gates, opt.Brief) }},
		{"generators together", joinedTogether},
		{"batch", batch},
		{"repeat", repeat},
		{"unset layer", unsetLayer},
		{"cancelled", cancelled},
		{"cancelled while running", cancelledWhileRunning},
		{"cancelled late", cancelledLate},
		{"misuse", misuse},
		{"closed", closed},
		{"allocations", func(t *testing.T, b compute.Backend) {
			if !opt.NoAlloc {
				t.Skip("the backend does not promise it")
			}
			allocations(t, b)
		}},
	} {
		t.Run(s.name, func(t *testing.T) {
			b, err := open()
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := b.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			}()
			s.run(t, b)
		})
	}
}

// network is VGG19 at 1/32 width with 10 classes.
func network(t *testing.T, cfg nn.VGG19Config) *nn.Network {
	t.Helper()
	cfg.Divisor, cfg.Classes = 32, 10
	net, err := nn.VGG19(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func spec(net *nn.Network, batch int, layers ...string) compute.Spec {
	if len(layers) == 0 {
		layers = net.Layers()
	}
	return compute.Spec{Net: net, Weights: nn.Seeded(net, 3, 0.1), Batch: batch, Layers: layers, Gradient: true}
}

func compile(t *testing.T, b compute.Backend, s compute.Spec) compute.Program {
	t.Helper()
	p, err := b.Compile(s)
	if err != nil {
		t.Fatalf("%s: %v", b.Name(), err)
	}
	return p
}

func release(t *testing.T, p compute.Program) {
	t.Helper()
	if err := p.Close(); err != nil {
		t.Errorf("close program: %v", err)
	}
}

// images are n inputs of uniform pixels on 0–255 less the mean's rough 117.
func images(net *nn.Network, n int) []float32 {
	x := make([]float32, n*net.Input.Len())
	s := nn.NewStream(21, 0)
	for i := range x {
		x[i] = float32(s.Uniform(uint64(i))*255 - 117)
	}
	return x
}

// unitsOf is the number of units of each of the spec's layers.
func unitsOf(s compute.Spec) []int {
	var u []int
	for _, name := range s.Layers {
		op, _, _ := s.Net.Op(name)
		u = append(u, op.Out.Len())
	}
	return u
}

func features(t *testing.T, p compute.Program, x []float32, n int) [][]float32 {
	t.Helper()
	var out [][]float32
	for _, u := range unitsOf(p.Spec()) {
		out = append(out, make([]float32, n*u))
	}
	if err := p.Features(t.Context(), x, n, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func evaluate(t *testing.T, p compute.Program, x []float32, slots ...int) (loss []float64, grad []float32) {
	t.Helper()
	loss = make([]float64, len(slots)*len(p.Spec().Layers))
	grad = make([]float32, len(x))
	for i := range loss { // whatever was there must be overwritten
		loss[i] = math.NaN()
	}
	for i := range grad {
		grad[i] = float32(math.NaN())
	}
	if err := p.Evaluate(t.Context(), x, slots, loss, grad); err != nil {
		t.Fatal(err)
	}
	return loss, grad
}

// aim is the target of one slot and layer.
type aim struct {
	values []float32
	weight float64
}

// aims makes targets for every slot and layer at about the features' own scale,
// weighed by one over their squared norm, so that all layers count alike.
func aims(s compute.Spec, feat [][]float32) [][]aim {
	out := make([][]aim, s.Batch)
	for slot := range out {
		for l, u := range unitsOf(s) {
			f := feat[l][:u]
			norm := norm2(f)
			r := nn.NewStream(31+uint64(slot), uint64(l))
			v := make([]float32, u)
			for i := range v {
				v[i] = float32(norm / math.Sqrt(float64(u)) * r.Normal(uint64(i)))
			}
			out[slot] = append(out[slot], aim{v, float64(l%3+1) / (norm * norm)})
		}
	}
	return out
}

func set(t *testing.T, p compute.Program, a [][]aim) {
	t.Helper()
	for slot := range a {
		for l, v := range a[slot] {
			if err := p.SetTarget(slot, l, compute.Target{Values: v.values, Weight: v.weight}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func norm2(v []float32) float64 {
	s := 0.0
	for _, x := range v {
		s += float64(x) * float64(x)
	}
	return math.Sqrt(s)
}

// apart is ‖a − b‖ / ‖b‖; NaN where either is not finite.
func apart[T float32 | float64](a []float32, b []T) float64 {
	s, n := 0.0, 0.0
	for i := range b {
		d := float64(a[i]) - float64(b[i])
		s += d * d
		n += float64(b[i]) * float64(b[i])
	}
	if s == 0 && n == 0 {
		return 0
	}
	return math.Sqrt(s / n)
}

func sum(v []float64) (s float64) {
	for _, x := range v {
		s += x
	}
	return s
}

// within fails unless got is at most limit; NaN fails.
func within(t *testing.T, what string, got, limit float64) {
	t.Helper()
	t.Logf("%-28s %.1e (limit %.2g)", what, got, limit)
	if !(got <= limit) {
		t.Errorf("%s: %.2e, more than %.2g", what, got, limit)
	}
}
