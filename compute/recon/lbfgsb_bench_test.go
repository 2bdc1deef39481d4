package recon

import (
	"testing"

	"reverie/compute/nn"
)

// fullSize is an image of 3×224×224: a quadratic with the mean colours' box and a
// chain between neighbours, whose minimiser presses about a quarter of the variables against it.
func fullSize(tb testing.TB) (*LBFGSB, objective) {
	const n = 3 * 224 * 224
	s := nn.NewStream(7, 0)
	centre, curve := make([]float64, n), make([]float64, n)
	for i := range centre {
		centre[i] = 110 * s.Normal(uint64(2*i))
		curve[i] = 0.1 + s.Uniform(uint64(2*i+1))
	}
	o, err := NewLBFGSB(make([]float64, n), fill(n, -117), fill(n, 138), LBFGSBOptions{MaxIterations: 1 << 30, MaxEvaluations: 1 << 30})
	if err != nil {
		tb.Fatal(err)
	}
	return o, func(x, g []float64) float64 {
		f := 0.0
		clear(g)
		for i, v := range x {
			d := v - centre[i]
			f += 0.5 * curve[i] * d * d
			g[i] += curve[i] * d
			if i > 0 {
				e := v - x[i-1]
				f += 0.05 * e * e
				g[i] += 0.1 * e
				g[i-1] -= 0.1 * e
			}
		}
		return f
	}
}

// BenchmarkLBFGSBStep is one Tell with ten pairs, n = 150,528, one goroutine.
func BenchmarkLBFGSBStep(b *testing.B) {
	o, fun := fullSize(b)
	g := make([]float64, len(o.X()))
	for range 12 {
		o.Tell(fun(o.X(), g), g)
	}
	b.ReportAllocs()
	b.ResetTimer()
	steps := 0
	for range b.N {
		b.StopTimer()
		if o.Status() != Running {
			o, fun = fullSize(b)
			for range 12 {
				o.Tell(fun(o.X(), g), g)
			}
		}
		f := fun(o.X(), g)
		b.StartTimer()
		o.Tell(f, g)
		steps++
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(steps), "ms/step")
	b.ReportMetric(float64(len(o.sub.bound))/float64(len(g)), "bound")
}

func TestLBFGSBAllocatesNothingWarm(t *testing.T) {
	fun := features(200, 300)
	o, err := NewLBFGSB(make([]float64, 200), fill(200, -2), fill(200, 2), LBFGSBOptions{})
	if err != nil {
		t.Fatal(err)
	}
	g := make([]float64, 200)
	for range 15 {
		o.Tell(fun(o.X(), g), g)
	}
	if n := testing.AllocsPerRun(40, func() { o.Tell(fun(o.X(), g), g) }); n != 0 || o.Status() != Running {
		t.Errorf("%g allocations a step, status %d", n, o.Status())
	}
}
