package backendtest

import (
	"fmt"
	"math"
	"testing"

	"reverie/compute"
	"reverie/compute/nn"
	"reverie/compute/ref"
)

// generator is a small one of the lab's kinds: from a vector through fully connected layers, or from
// a map through a convolution without padding, then upwards to 64×64.
func generator(fromMap bool) *nn.Network {
	g := &nn.Network{Name: "a small generator"}
	var at nn.Shape
	add := func(kind nn.Kind, name string, out nn.Shape, act bool) {
		op := nn.Op{Kind: kind, Name: name, In: at, Out: out, Act: act}
		if act {
			op.Slope = 0.3
		}
		g.Ops, at = append(g.Ops, op), out
	}
	if fromMap {
		g.Input = nn.Shape{C: 6, H: 6, W: 6}
		at = g.Input
		add(nn.Conv, "Rconv6", nn.Shape{C: 9, H: 6, W: 6}, true)
		add(nn.Conv, "Rconv8", nn.Shape{C: 11, H: 6, W: 6}, false)
		add(nn.Crop, "Rconv8 valid", nn.Shape{C: 11, H: 4, W: 4}, true)
	} else {
		g.Input = nn.Shape{C: 13, H: 1, W: 1}
		at = g.Input
		add(nn.FC, "defc7", nn.Shape{C: 20, H: 1, W: 1}, true)
		add(nn.FC, "defc5", nn.Shape{C: 9 * 16, H: 1, W: 1}, true)
		at = nn.Shape{C: 9, H: 4, W: 4}
	}
	add(nn.Deconv, "deconv5", nn.Shape{C: 10, H: 8, W: 8}, true)
	add(nn.Conv, "conv5_1", nn.Shape{C: 17, H: 8, W: 8}, true)
	add(nn.Deconv, "deconv4", nn.Shape{C: 7, H: 16, W: 16}, true)
	add(nn.Deconv, "deconv3", nn.Shape{C: 5, H: 32, W: 32}, true)
	add(nn.Deconv, "deconv2", nn.Shape{C: 3, H: 64, W: 64}, false)
	return g
}

// joined is a program's spec for a network behind a generator, with pictures of about the usual range.
func joined(t *testing.T, fromMap bool, cfg nn.VGG19Config, batch int, layers ...string) compute.Spec {
	t.Helper()
	g, net := generator(fromMap), network(t, cfg)
	both, err := nn.Join(g, net)
	if err != nil {
		t.Fatal(err)
	}
	gw := nn.Seeded(g, 5, 0.1)
	for i := range gw["deconv2"].W {
		gw["deconv2"].W[i] *= 60
	}
	if len(layers) == 0 {
		layers = net.Layers()
	}
	return compute.Spec{Net: both, Weights: nn.JoinWeights(gw, nn.Seeded(net, 3, 0.1)), Batch: batch, Layers: layers, Gradient: true}
}

// latents are n inputs, some of them zero as under a bound.
func latents(net *nn.Network, n int) []float32 {
	x := make([]float32, n*net.Input.Len())
	s := nn.NewStream(22, 0)
	for i := range x {
		x[i] = float32(max(0, s.Normal(uint64(i))+0.5))
	}
	return x
}

var joinedConfigs = []nn.VGG19Config{
	{Height: 45, Width: 33, Pool: nn.AveragePool, Slope: 0.2},
	{Height: 64, Width: 63},
}

// generators sets networks behind a generator against the float64 reference:
// features, the picture, losses and gradients.
func generators(t *testing.T, b compute.Backend, gates Gates, brief bool) {
	for _, fromMap := range []bool{false, true} {
		for i, cfg := range joinedConfigs {
			if brief && i > 0 {
				continue
			}
			t.Run(fmt.Sprintf("map=%v %d×%d", fromMap, cfg.Height, cfg.Width), func(t *testing.T) {
				s := joined(t, fromMap, cfg, 2)
				s.Layers = append(s.Layers, nn.Image)
				against(t, b, s, latents(s.Net, 2), nil, gates)
			})
		}
	}
}

// losses does it for every loss, without and with masks, of 0 and 1 and of any weight.
func losses(t *testing.T, b compute.Backend, gates Gates, brief bool) {
	for l := range compute.Losses {
		for _, masks := range []string{"none", "some", "weights"} {
			if brief && masks != "weights" {
				continue
			}
			t.Run(compute.Losses[l]+" masks "+masks, func(t *testing.T) {
				s := joined(t, false, joinedConfigs[0], 2, "conv1_1", "conv2_2", "conv3_1", "conv5_4", "fc6", "fc8")
				s.Loss = compute.Loss(l)
				against(t, b, s, latents(s.Net, 2), mask(s, masks), gates)
				plain := spec(network(t, joinedConfigs[0]), 2, "conv1_1", "conv1_2", "conv4_4", "fc7")
				plain.Loss = compute.Loss(l)
				against(t, b, plain, images(plain.Net, 2), mask(plain, masks), gates)
			})
		}
	}
}

// mask makes masks [slot][layer]: none, on every other layer 0 and 1, or any weights.
func mask(s compute.Spec, kind string) [][][]float32 {
	if kind == "none" {
		return nil
	}
	out := make([][][]float32, s.Batch)
	for slot := range out {
		out[slot] = make([][]float32, len(s.Layers))
		for l, u := range unitsOf(s) {
			if (l+slot)%2 == 1 && kind == "some" {
				continue
			}
			r := nn.NewStream(41+uint64(slot), uint64(l))
			out[slot][l] = make([]float32, u)
			for i := range out[slot][l] {
				v := r.Uniform(uint64(i))
				if kind == "some" {
					v = math.Round(v)
				}
				out[slot][l][i] = float32(v)
			}
		}
	}
	return out
}

// against compares a program with the reference on two inputs.
func against(t *testing.T, b compute.Backend, s compute.Spec, x []float32, masks [][][]float32, gates Gates) {
	t.Helper()
	const n = 2
	p, r := compile(t, b, s), compile(t, ref.Open(), s)
	defer release(t, p)
	defer release(t, r)
	want := features(t, r, x, n)
	worst := 0.0
	for l, f := range features(t, p, x, n) {
		worst = math.Max(worst, apart(f, want[l]))
	}
	within(t, "features", worst, gates.Features)
	a := aims(s, want)
	for slot := range a {
		for l, v := range a[slot] {
			target := compute.Target{Values: v.values, Weight: v.weight}
			if masks != nil {
				target.Mask = masks[slot][l]
			}
			switch s.Loss {
			case compute.L1:
				target.Weight *= norm2(v.values) / math.Sqrt(float64(len(v.values))) // of like size for every layer
			case compute.Gram:
				u := float64(len(v.values))
				target.Weight *= u * u / (norm2(v.values) * norm2(v.values))
			}
			for _, q := range []compute.Program{p, r} {
				// a mask that is set and taken back leaves nothing behind
				if masks == nil && s.Loss == compute.L2 {
					if err := q.SetTarget(slot, l, compute.Target{Values: v.values, Mask: make([]float32, len(v.values)), Weight: 1}); err != nil {
						t.Fatal(err)
					}
				}
				if err := q.SetTarget(slot, l, target); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	loss, grad := evaluate(t, p, x, 1, 0)
	wantLoss, wantGrad := evaluate(t, r, x, 1, 0)
	worst = 0
	for i := range loss {
		l, slot := i%len(s.Layers), 1-i/len(s.Layers)
		size := math.Abs(wantLoss[i])
		if s.Loss == compute.Inner { // a sum of either sign, whose rounding is that of its terms
			u := len(a[slot][l].values)
			f := want[l][(1-slot)*u : (2-slot)*u]
			size = math.Max(size, a[slot][l].weight*norm2(f)*norm2(a[slot][l].values)/math.Sqrt(float64(u)))
		}
		worst = math.Max(worst, math.Abs(loss[i]-wantLoss[i])/size)
	}
	within(t, "loss", worst, 3*gates.Features)
	limit := 1e-4
	for _, op := range s.Net.Ops {
		if op.Act && op.Slope == 0 || s.Loss == compute.L1 { // kinks, see compare
			limit = 1e-3
		}
	}
	k := s.Net.Input.Len()
	for i := range n {
		within(t, fmt.Sprintf("gradient of input %d", i), apart(grad[i*k:(i+1)*k], wantGrad[i*k:(i+1)*k]), limit*gates.Kinks)
	}
	pictures(t, p, r, n, gates)
}

// pictures compares what the generators made.
func pictures(t *testing.T, p, r compute.Program, n int, gates Gates) {
	t.Helper()
	net := p.Spec().Net
	got, want := make([]float32, net.Picture().Len()), make([]float32, net.Picture().Len())
	for i := range n {
		err, wrong := p.Picture(i, got), r.Picture(i, want)
		if net.Head == 0 {
			if err == nil || wrong == nil {
				t.Error("a picture without a generator")
			}
			return
		}
		if err != nil || wrong != nil {
			t.Fatal(err, wrong)
		}
		within(t, fmt.Sprintf("picture %d", i), apart(got, want), gates.Features)
	}
	for what, err := range map[string]error{"beyond": p.Picture(n, got), "before": p.Picture(-1, got), "short": p.Picture(0, got[1:])} {
		if err == nil {
			t.Errorf("picture: %s is no error", what)
		}
	}
	out := make([][]float32, len(p.Spec().Layers))
	for l, u := range unitsOf(p.Spec()) {
		out[l] = make([]float32, u)
	}
	if err := p.Features(t.Context(), latents(net, 1), 1, out); err != nil {
		t.Fatal(err)
	}
	if p.Picture(0, got) == nil {
		t.Error("a picture after features alone")
	}
}

// joinedTogether checks for generators that results depend neither on neighbours nor on the call:
// the same bits again, the same image alone.
func joinedTogether(t *testing.T, b compute.Backend) {
	s := joined(t, false, joinedConfigs[0], 3)
	p := compile(t, b, s)
	defer release(t, p)
	x, k, layers := latents(s.Net, 3), s.Net.Input.Len(), len(s.Layers)
	set(t, p, aims(s, features(t, p, x, 3)))
	loss, grad := evaluate(t, p, x, 0, 1, 2)
	again, g := evaluate(t, p, x, 0, 1, 2)
	for i := range loss {
		if loss[i] != again[i] {
			t.Fatalf("loss %d: %g, then %g", i, loss[i], again[i])
		}
	}
	for i := range grad {
		if grad[i] != g[i] {
			t.Fatalf("gradient %d: %g, then %g", i, grad[i], g[i])
		}
	}
	whole, alone := make([]float32, s.Net.Picture().Len()), make([]float32, s.Net.Picture().Len())
	for i := range 3 {
		evaluate(t, p, x, 0, 1, 2)
		if err := p.Picture(i, whole); err != nil {
			t.Fatal(err)
		}
		l, g := evaluate(t, p, x[i*k:(i+1)*k], i)
		same(t, fmt.Sprintf("latent %d alone", i), l, loss[i*layers:(i+1)*layers], g, grad[i*k:(i+1)*k])
		if err := p.Picture(0, alone); err != nil {
			t.Fatal(err)
		}
		within(t, fmt.Sprintf("picture %d alone", i), apart(alone, whole), 1e-6)
	}
}
