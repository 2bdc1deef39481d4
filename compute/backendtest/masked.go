package backendtest

import (
	"fmt"
	"testing"

	"reverie/compute"
	"reverie/compute/nn"
)

// masked sets the gradient against one in float64 that takes every activation,
// and with it the side of every rectifier and the winner of every maximum, from
// the backend's own features. What is left is the error of the backward pass:
// no unit can fall on the other side of a kink. The first network is wide enough
// for the convolutions that full-size ones have.
func masked(t *testing.T, b compute.Backend, gates Gates) {
	for _, cfg := range []nn.VGG19Config{
		{Height: 64, Divisor: 4},
		{Height: 37, Width: 45, Divisor: 8},
		{Height: 37, Divisor: 16, FloorPool: true},
		{Height: 45, Width: 33, Divisor: 8, Pool: nn.AveragePool, Slope: 0.2},
	} {
		cfg.Classes = 20
		net, err := nn.VGG19(cfg)
		if err != nil {
			t.Fatal(err)
		}
		s := compute.Spec{Net: net, Weights: nn.Seeded(net, 3, 0.1), Batch: 1, Layers: net.Layers(), Gradient: true}
		p := compile(t, b, s)
		x := noise(21, net.Input)
		f := features(t, p, x, 1)
		a := aims(s, f)
		set(t, p, a)
		_, grad := evaluate(t, p, x, 0)
		name := fmt.Sprintf("%s floor=%v", net.Name, cfg.FloorPool)
		within(t, name, apart(grad, maskedGradient(s, f, a[0])), gates.Masked)
		release(t, p)
	}
}

// maskedGradient is ∂ Σ weight·(f−target)² / ∂x by the definition of each op, for
// a spec of all layers in the network's order.
func maskedGradient(s compute.Spec, f [][]float32, a []aim) []float64 {
	var g []float64 // with respect to an op's output before its activation
	l := len(f)
	var z []float32
	for i := len(s.Net.Ops) - 1; i >= 0; i-- {
		op := s.Net.Ops[i]
		if op.HasFeature() {
			l--
			z = f[l]
			if g == nil {
				g = make([]float64, len(z))
			}
			for u, v := range z {
				if op.Act && v <= 0 {
					g[u] *= float64(op.Slope)
				}
				g[u] += 2 * a[l].weight * (float64(v) - float64(a[l].values[u]))
			}
		}
		w := s.Weights[op.Name].W
		switch op.Kind {
		case nn.FC:
			g = fcBack(op, w, g)
		case nn.Conv:
			g = convBack(op, w, g)
		case nn.Pool:
			g = poolBack(op, f[l-1], g)
		}
	}
	return g
}

func fcBack(op nn.Op, w []float32, g []float64) []float64 {
	d := make([]float64, op.In.Len())
	for o, v := range g {
		for i, c := range w[o*len(d) : (o+1)*len(d)] {
			d[i] += v * float64(c)
		}
	}
	return d
}

// convBack spreads each output's gradient over the 3×3 inputs that it summed.
func convBack(op nn.Op, w []float32, g []float64) []float64 {
	H, W := op.In.H, op.In.W
	d := make([]float64, op.In.Len())
	for o := range op.Out.C {
		for c := range op.In.C {
			for k := range 9 {
				dy, dx, v := k/3-1, k%3-1, float64(w[(o*op.In.C+c)*9+k])
				for y := max(0, -dy); y < min(H, H-dy); y++ {
					from, to := g[(o*H+y)*W:(o*H+y+1)*W], d[(c*H+y+dy)*W:(c*H+y+dy+1)*W]
					for x := max(0, -dx); x < min(W, W-dx); x++ {
						to[x+dx] += v * from[x]
					}
				}
			}
		}
	}
	return d
}

// poolBack gives the whole to the first largest input of a window, or equal parts
// to all that lie inside the image. z orders the inputs as their activations do;
// where a rectifier makes them equal it has no slope, and the gradient ends there.
func poolBack(op nn.Op, z []float32, g []float64) []float64 {
	d := make([]float64, op.In.Len())
	for o, v := range g {
		c, y, x := o/(op.Out.H*op.Out.W), o/op.Out.W%op.Out.H*2, o%op.Out.W*2
		var window []int
		for i := y; i < min(y+2, op.In.H); i++ {
			for j := x; j < min(x+2, op.In.W); j++ {
				window = append(window, (c*op.In.H+i)*op.In.W+j)
			}
		}
		if op.Pool == nn.AveragePool {
			for _, i := range window {
				d[i] += v / float64(len(window))
			}
			continue
		}
		most := window[0]
		for _, i := range window {
			if z[i] > z[most] {
				most = i
			}
		}
		d[most] += v
	}
	return d
}
