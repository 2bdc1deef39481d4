package backendtest

import (
	"fmt"
	"math"
	"testing"

	"reverie/compute"
	"reverie/compute/nn"
	"reverie/compute/ref"
)

// agreement sets features, losses and gradients against the float64 reference.
func agreement(t *testing.T, b compute.Backend, gates Gates) {
	for _, c := range []struct {
		cfg    nn.VGG19Config
		layers []string
	}{
		{nn.VGG19Config{Height: 32}, nil},
		{nn.VGG19Config{Height: 37}, nil},
		{nn.VGG19Config{Height: 37, FloorPool: true}, nil},
		{nn.VGG19Config{Height: 45, Width: 33, Slope: 0.2}, nil},
		{nn.VGG19Config{Height: 32, Pool: nn.AveragePool, Slope: 0.2}, nil},
		{nn.VGG19Config{Height: 37, Pool: nn.AveragePool, Slope: 0.2}, nil},
		{nn.VGG19Config{Height: 45, Width: 33, Pool: nn.AveragePool, Slope: 0.2}, nil},
		{nn.VGG19Config{Height: 45, Width: 33, Pool: nn.AveragePool, Slope: 0.2, FloorPool: true}, nil},
		{nn.VGG19Config{Height: 45, Width: 33, Pool: nn.AveragePool}, nil},
		{nn.VGG19Config{Height: 33, Width: 45, Pool: nn.AveragePool, Slope: 0.2}, []string{"conv1_1"}},
		{nn.VGG19Config{Height: 33, Width: 45, Pool: nn.AveragePool, Slope: 0.2}, []string{"fc8"}},
		{nn.VGG19Config{Height: 37}, []string{"fc7", "conv3_4", "conv2_1"}},
		{nn.VGG19Config{Height: 37, Pool: nn.AveragePool, Slope: 0.2}, []string{"conv4_2", "conv1_2", "conv5_1"}},
	} {
		net := network(t, c.cfg)
		name := fmt.Sprintf("%v %s slope=%g floor=%v", net.Input, c.cfg.Pool, c.cfg.Slope, c.cfg.FloorPool)
		if c.layers != nil {
			name += fmt.Sprint(c.layers)
		}
		t.Run(name, func(t *testing.T) { compare(t, b, net, c.layers, gates) })
	}
}

func compare(t *testing.T, b compute.Backend, net *nn.Network, layers []string, gates Gates) {
	const n = 2
	s := spec(net, n, layers...)
	p, r := compile(t, b, s), compile(t, ref.Open(), s)
	defer release(t, p)
	defer release(t, r)
	x := images(net, n)

	want := features(t, r, x, n)
	worst := 0.0
	for l, f := range features(t, p, x, n) {
		d := apart(f, want[l])
		if !(d <= gates.Features) {
			t.Errorf("features of %s differ by %.2e", s.Layers[l], d)
		}
		worst = math.Max(worst, d)
	}
	within(t, "features", worst, gates.Features)

	a := aims(s, want)
	set(t, p, a)
	set(t, r, a)
	loss, grad := evaluate(t, p, x, 1, 0)
	wantLoss, wantGrad := evaluate(t, r, x, 1, 0)
	worst = 0
	for i := range loss {
		worst = math.Max(worst, math.Abs(loss[i]/wantLoss[i]-1))
	}
	within(t, "loss", worst, gates.Features)
	// A rectifier without slope and a maximum jump where float32 and float64 fall on different sides.
	limit := 1e-4
	for _, op := range net.Ops {
		if op.Act && op.Slope == 0 || op.Kind == nn.Pool && op.Pool == nn.MaxPool {
			limit = 1e-3
		}
	}
	for i := range n {
		k := net.Input.Len()
		within(t, fmt.Sprintf("gradient of image %d", i), apart(grad[i*k:(i+1)*k], wantGrad[i*k:(i+1)*k]), limit*gates.Kinks)
	}
}

// finiteDifference sets the gradient against the backend's own loss along the
// gradient's direction, where the loss changes most above its rounding.
func finiteDifference(t *testing.T, b compute.Backend) {
	for _, cfg := range []nn.VGG19Config{
		{Height: 37, Pool: nn.AveragePool, Slope: 0.2},
		{Height: 32},
	} {
		net := network(t, cfg)
		s := spec(net, 1)
		p := compile(t, b, s)
		x := images(net, 1)
		set(t, p, aims(s, features(t, p, x, 1)))
		loss, g := evaluate(t, p, x, 0)
		size := norm2(g)
		best := math.Inf(1)
		// Small steps drown in float32, large ones cross kinks: the best counts.
		for _, length := range []float64{0.1, 0.3, 1, 3} {
			up, down := make([]float32, len(x)), make([]float32, len(x))
			want := 0.0
			for i := range x {
				d := float64(g[i]) / size * length
				up[i], down[i] = float32(float64(x[i])+d), float32(float64(x[i])-d)
				want += float64(g[i]) * (float64(up[i]) - float64(down[i]))
			}
			lu, _ := evaluate(t, p, up, 0)
			ld, _ := evaluate(t, p, down, 0)
			best = math.Min(best, math.Abs((sum(lu)-sum(ld))/want-1))
		}
		t.Logf("%s: loss %.3g, gradient's norm %.3g", net.Name, sum(loss), size)
		within(t, "along the gradient", best, 2e-3)
		release(t, p)
	}
}

// adjoint checks ⟨grad(x), v⟩ = 2⟨f(x)−t, f(x+v)−f(x)⟩ for each layer of a
// network made affine by slope 1 and average pooling: it holds for any v, so no
// step has to be chosen.
func adjoint(t *testing.T, b compute.Backend) {
	for _, cfg := range []nn.VGG19Config{
		{Height: 45, Width: 33, Pool: nn.AveragePool, Slope: 1},
		{Height: 37, Pool: nn.AveragePool, Slope: 1, FloorPool: true},
	} {
		net := network(t, cfg)
		for _, layer := range []string{"conv1_1", "conv2_1", "conv3_3", "conv5_4", "fc6", "fc8"} {
			s := spec(net, 1, layer)
			p := compile(t, b, s)
			two := images(net, 2)
			x, v := two[:len(two)/2], two[len(two)/2:]
			fx := features(t, p, x, 1)
			a := aims(s, fx)
			set(t, p, a)
			_, g := evaluate(t, p, x, 0)
			moved := make([]float32, len(x))
			left := 0.0
			for i := range x {
				moved[i] = x[i] + v[i]
				left += float64(g[i]) * (float64(moved[i]) - float64(x[i]))
			}
			fv := features(t, p, moved, 1)
			right, scale := 0.0, 0.0
			for i, target := range a[0][0].values {
				d, e := float64(fx[0][i])-float64(target), float64(fv[0][i])-float64(fx[0][i])
				right += 2 * a[0][0].weight * d * e
				scale += d * d
			}
			// Relative to the product of norms where the two sides happen to cancel.
			step := make([]float32, len(fv[0]))
			for i := range step {
				step[i] = fv[0][i] - fx[0][i]
			}
			size := math.Max(math.Abs(right), 0.01*2*a[0][0].weight*math.Sqrt(scale)*norm2(step))
			within(t, layer, math.Abs(left-right)/size, 1e-4)
			release(t, p)
		}
	}
}
