package ref

import (
	"fmt"
	"math"
	"testing"

	"reverie/compute/nn"
)

// direct is one op by its definition, in plain loops that share nothing with the graph.
func direct(op nn.Op, w nn.Param, x []float64) []float64 {
	out := make([]float64, op.Out.Len())
	H, W := op.In.H, op.In.W
	for c := range op.Out.C {
		for y := range op.Out.H {
			for z := range op.Out.W {
				v := 0.0
				switch op.Kind {
				case nn.FC:
					v = float64(w.B[c])
					for i, a := range x {
						v += float64(w.W[c*len(x)+i]) * a
					}
				case nn.Conv:
					v = float64(w.B[c])
					for k := range op.In.C * 9 {
						if i, j := y+k%9/3-1, z+k%3-1; i >= 0 && i < H && j >= 0 && j < W {
							v += float64(w.W[c*op.In.C*9+k]) * x[(k/9*H+i)*W+j]
						}
					}
				case nn.Pool:
					most, sum, n := math.Inf(-1), 0.0, 0.0
					for i := 2 * y; i < min(2*y+2, H); i++ {
						for j := 2 * z; j < min(2*z+2, W); j++ {
							a := x[(c*H+i)*W+j]
							most, sum, n = max(most, a), sum+a, n+1
						}
					}
					if v = most; op.Pool == nn.AveragePool {
						v = sum / n
					}
				}
				out[(c*op.Out.H+y)*op.Out.W+z] = v
			}
		}
	}
	return out
}

// TestFeatures sets Gorgonia's features against the definition.
func TestFeatures(t *testing.T) {
	for _, cfg := range []nn.VGG19Config{
		{Height: 32},
		{Height: 37, Width: 45},
		{Height: 37, FloorPool: true},
		{Height: 37, Width: 45, Pool: nn.AveragePool, Slope: 0.2},
		{Height: 45, Pool: nn.AveragePool, Slope: 0.2, FloorPool: true},
	} {
		p, x := open(t, cfg)
		got, err := p.features(x)
		if err != nil {
			t.Fatal(err)
		}
		worst, l := 0.0, 0
		for _, op := range p.spec.Net.Ops {
			x = direct(op, p.spec.Weights[op.Name], x)
			if op.HasFeature() {
				diff, norm := 0.0, 0.0
				for i, v := range x {
					diff += (got[l][i] - v) * (got[l][i] - v)
					norm += v * v
				}
				worst = max(worst, math.Sqrt(diff/norm))
				l++
			}
			for i, v := range x {
				if op.Act && v < 0 {
					x[i] = v * float64(op.Slope)
				}
			}
		}
		name := fmt.Sprintf("%s floor=%v", p.spec.Net.Name, cfg.FloorPool)
		t.Logf("%s: largest relative difference %.1e", name, worst)
		if !(worst < 1e-13) {
			t.Errorf("%s: features differ from the definition by %.2e", name, worst)
		}
	}
}
