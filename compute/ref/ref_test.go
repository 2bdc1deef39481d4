package ref

import (
	"fmt"
	"math"
	"testing"

	"reverie/compute"
	"reverie/compute/nn"
)

// open compiles a narrow network with random targets in slot 0 and an input of the usual range.
func open(t *testing.T, cfg nn.VGG19Config, layers ...string) (*program, []float64) {
	t.Helper()
	cfg.Divisor, cfg.Classes = 32, 7
	net, err := nn.VGG19(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if layers == nil {
		layers = net.Layers()
	}
	prog, err := Open().Compile(compute.Spec{Net: net, Weights: nn.Seeded(net, 5, 0.1), Batch: 1, Layers: layers, Gradient: true})
	if err != nil {
		t.Fatal(err)
	}
	p := prog.(*program)
	x := make([]float64, net.Input.Len())
	s := nn.NewStream(11, 0)
	for i := range x {
		x[i] = s.Uniform(uint64(i))*255 - 117
	}
	f, err := p.features(x)
	if err != nil {
		t.Fatal(err)
	}
	for l := range f {
		s := nn.NewStream(12, uint64(l))
		v := make([]float32, len(f[l]))
		energy := 0.0
		for i, y := range f[l] {
			energy += y * y
			v[i] = float32(y * s.Normal(uint64(i)))
		}
		if err := p.SetTarget(0, l, compute.Target{Values: v, Weight: 1 / energy}); err != nil {
			t.Fatal(err)
		}
	}
	return p, x
}

// TestGradient sets Gorgonia's gradient against central differences of the loss
// along random directions and the last pixel, whose windows the edge clips.
func TestGradient(t *testing.T) {
	for _, c := range []struct {
		h, w  int
		pool  nn.PoolMode
		slope float32
		floor bool
	}{
		{32, 32, nn.AveragePool, 0.2, false},
		{37, 33, nn.AveragePool, 0.2, false},
		{35, 32, nn.AveragePool, 0.2, true},
		{32, 32, nn.MaxPool, 0, false},
		{37, 33, nn.MaxPool, 0, false},
		{37, 33, nn.MaxPool, 0.2, true},
	} {
		t.Run(fmt.Sprintf("%d×%d %s %g floor=%v", c.h, c.w, c.pool, c.slope, c.floor), func(t *testing.T) {
			p, x := open(t, nn.VGG19Config{Height: c.h, Width: c.w, Pool: c.pool, Slope: c.slope, FloorPool: c.floor})
			loss := make([]float64, len(p.layers))
			total := func(x []float64) (sum float64) {
				if _, _, err := p.evaluate(x, p.targets[0], loss); err != nil {
					t.Fatal(err)
				}
				for _, v := range loss {
					sum += v
				}
				return sum
			}
			g, _, err := p.evaluate(x, p.targets[0], loss)
			if err != nil {
				t.Fatal(err)
			}
			worst := 0.0
			for k := range 4 {
				v := make([]float64, len(x))
				s := nn.NewStream(99, uint64(k))
				for i := range v {
					v[i] = s.Normal(uint64(i))
				}
				if k == 3 { // the clipped corner alone
					clear(v)
					v[len(v)-1] = 1
				}
				dot, norm := 0.0, 0.0
				for i := range v {
					dot += g[i] * v[i]
					norm += g[i] * g[i] * v[i] * v[i]
				}
				// A small step drowns in rounding, a large one may cross a kink: the best of three counts.
				best := math.Inf(1)
				for _, step := range []float64{1e-5, 1e-4, 1e-3} {
					up, down := make([]float64, len(x)), make([]float64, len(x))
					for i := range v {
						up[i], down[i] = x[i]+step*v[i], x[i]-step*v[i]
					}
					fd := (total(up) - total(down)) / (2 * step)
					best = min(best, math.Abs(fd-dot)/math.Sqrt(norm))
				}
				worst = max(worst, best)
			}
			t.Logf("largest difference %.1e of the directional derivative's scale", worst)
			if !(worst < 1e-6) {
				t.Errorf("gradient differs from central differences by %.2e", worst)
			}
		})
	}
}
