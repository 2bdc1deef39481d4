package backendtest

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"reverie/compute"
	"reverie/compute/nn"
)

// batch checks that an image's result depends neither on its neighbours nor on
// its place: alone, three together, permuted, and two of three slots.
func batch(t *testing.T, b compute.Backend) {
	net := network(t, nn.VGG19Config{Height: 37, Pool: nn.AveragePool, Slope: 0.2})
	s := spec(net, 3)
	p := compile(t, b, s)
	defer release(t, p)
	x, k, layers := images(net, 3), net.Input.Len(), len(s.Layers)
	together := features(t, p, x, 3)
	a := aims(s, together)
	set(t, p, a)
	loss, grad := evaluate(t, p, x, 0, 1, 2)

	one := compile(t, b, spec(net, 1))
	defer release(t, one)
	for i := range 3 {
		xi := x[i*k : (i+1)*k]
		worst := 0.0
		for _, alone := range [][][]float32{features(t, one, xi, 1), features(t, p, xi, 1)} {
			for l, f := range alone {
				u := len(f)
				worst = math.Max(worst, apart(f, together[l][i*u:(i+1)*u]))
			}
		}
		within(t, fmt.Sprintf("features of image %d alone", i), worst, 1e-6)
		set(t, one, a[i:i+1])
		l1, g1 := evaluate(t, one, xi, 0)
		same(t, fmt.Sprintf("image %d, batch 1", i), l1, loss[i*layers:(i+1)*layers], g1, grad[i*k:(i+1)*k])
		l1, g1 = evaluate(t, p, xi, i)
		same(t, fmt.Sprintf("image %d, 1 of 3 slots", i), l1, loss[i*layers:(i+1)*layers], g1, grad[i*k:(i+1)*k])
	}
	for _, order := range [][]int{{2, 0, 1}, {1, 0, 2}, {2, 0}, {1, 2}} {
		var px []float32
		for _, i := range order {
			px = append(px, x[i*k:(i+1)*k]...)
		}
		l, g := evaluate(t, p, px, order...)
		for j, i := range order {
			same(t, fmt.Sprintf("image %d in slots %v", i, order), l[j*layers:(j+1)*layers], loss[i*layers:(i+1)*layers], g[j*k:(j+1)*k], grad[i*k:(i+1)*k])
		}
	}
}

func same(t *testing.T, what string, loss, wantLoss []float64, grad, wantGrad []float32) {
	t.Helper()
	worst := 0.0
	for l := range loss {
		worst = math.Max(worst, math.Abs(loss[l]/wantLoss[l]-1))
	}
	within(t, what+": loss", worst, 1e-5)
	within(t, what+": gradient", apart(grad, wantGrad), 1e-4)
}

// repeat checks that the same call gives the same bits, with other calls
// between and in a program compiled anew.
func repeat(t *testing.T, b compute.Backend) {
	for _, cfg := range []nn.VGG19Config{{Height: 45, Width: 33}, {Height: 37, Slope: 0.2, FloorPool: true}} {
		net := network(t, cfg)
		s := spec(net, 3)
		x := images(net, 3)
		var feat [][]float32
		var loss []float64
		var grad []float32
		for again := range 3 {
			p := compile(t, b, s)
			for range 2 {
				f := features(t, p, x, 3)
				if feat == nil {
					feat = f
				}
				set(t, p, aims(s, feat))
				l, g := evaluate(t, p, x, 2, 0, 1)
				if loss == nil {
					loss, grad = l, g
				}
				for i := range f {
					if !slices.Equal(f[i], feat[i]) {
						t.Errorf("%s, program %d: features of %s are not the same bits", net.Name, again, s.Layers[i])
					}
				}
				if !slices.Equal(l, loss) {
					t.Errorf("%s, program %d: losses are not the same bits", net.Name, again)
				}
				if !slices.Equal(g, grad) {
					t.Errorf("%s, program %d: gradients are not the same bits; they differ by %.1e", net.Name, again, apart(g, grad))
				}
				evaluate(t, p, x[:2*net.Input.Len()], 0, 2) // leaves other values in the buffers
			}
			release(t, p)
		}
	}
}

// unsetLayer checks that a layer without a target adds nothing, that one with
// weight 0 does not either, and that a target can be replaced.
func unsetLayer(t *testing.T, b compute.Backend) {
	net := network(t, nn.VGG19Config{Height: 37, Pool: nn.AveragePool, Slope: 0.2})
	all := []string{"conv1_2", "conv3_1", "conv4_4", "fc7"}
	s, only := spec(net, 1, all...), spec(net, 1, "conv3_1")
	p, q := compile(t, b, s), compile(t, b, only)
	defer release(t, p)
	defer release(t, q)
	x := images(net, 1)
	a := aims(s, features(t, p, x, 1))

	loss, grad := evaluate(t, p, x, 0)
	if sum(loss) != 0 || norm2(grad) != 0 {
		t.Errorf("no target set: loss %v, gradient's norm %g, want 0", loss, norm2(grad))
	}
	set(t, q, [][]aim{a[0][1:2]})
	wantLoss, wantGrad := evaluate(t, q, x, 0)
	check := func(what string) {
		t.Helper()
		loss, grad := evaluate(t, p, x, 0)
		if loss[0] != 0 || loss[2] != 0 || loss[3] != 0 {
			t.Errorf("%s: losses %v, want only the second", what, loss)
		}
		same(t, what, loss[1:2], wantLoss, grad, wantGrad)
	}
	if err := p.SetTarget(0, 1, compute.Target{Values: a[0][1].values, Weight: a[0][1].weight}); err != nil {
		t.Fatal(err)
	}
	check("others never set")
	set(t, p, a)
	for _, l := range []int{0, 2, 3} {
		if err := p.SetTarget(0, l, compute.Target{Values: a[0][l].values, Weight: 0}); err != nil {
			t.Fatal(err)
		}
	}
	check("others of weight 0")
	copied := slices.Clone(a[0][1].values)
	if err := p.SetTarget(0, 1, compute.Target{Values: copied, Weight: a[0][1].weight}); err != nil {
		t.Fatal(err)
	}
	clear(copied)
	check("values copied")
}
