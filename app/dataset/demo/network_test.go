package demo

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"reverie/app/dataset/stimuli"
	"reverie/compute"
	"reverie/compute/cpu"
)

func backend(t testing.TB) compute.Backend {
	t.Helper()
	be, err := cpu.Open(cpu.Options{})
	if err != nil {
		t.Fatalf("no CPU backend: %v", err)
	}
	t.Cleanup(func() { be.Close() })
	return be
}

// spread gives the SD of the pre-activations of chosen layers
// over 64 scenes of seed 1, all units together, under given gains.
func spread(t *testing.T, be compute.Backend, gains []float64, layers []string) []float64 {
	t.Helper()
	net := Network()
	p, err := be.Compile(compute.Spec{Net: net, Weights: weights(net, gains), Batch: 16, Layers: layers})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	sum, square, count := make([]float64, len(layers)), make([]float64, len(layers)), make([]float64, len(layers))
	out := make([][]float32, len(layers))
	for first := 0; first < 64; first += 16 {
		var x []float32
		for i := range 16 {
			x = append(x, stimuli.ToInput(scene(1, first+i), stimuli.LabMean)...)
		}
		for l, name := range layers {
			op, _, _ := net.Op(name)
			out[l] = make([]float32, 16*op.Out.Len())
		}
		if err := p.Features(t.Context(), x, 16, out); err != nil {
			t.Fatal(err)
		}
		for l := range out {
			for _, v := range out[l] {
				sum[l] += float64(v)
				square[l] += float64(v) * float64(v)
			}
			count[l] += float64(len(out[l]))
		}
	}
	for l := range sum {
		mean := sum[l] / count[l]
		sum[l] = math.Sqrt(square[l]/count[l] - mean*mean)
	}
	return sum
}

// TestGains checks every layer's gain: pre-activations have SD 1.
func TestGains(t *testing.T) {
	net := Network()
	if net.Units() != 607357 {
		t.Fatalf("the network has %d units, want 607357", net.Units())
	}
	if err := Weights().Check(net); err != nil {
		t.Fatal(err)
	}
	for l, sd := range spread(t, backend(t), gains[:], net.Layers()) {
		if math.Abs(sd-1) > 2e-3 {
			t.Errorf("%s: SD %.5f, want 1 within 0.002", net.Layers()[l], sd)
		}
	}
}

// TestDeriveGains writes the table of gains into the log, layer after layer, when REVERIE_GAINS is set.
func TestDeriveGains(t *testing.T) {
	if os.Getenv("REVERIE_GAINS") == "" {
		t.Skip("set REVERIE_GAINS to derive the table of gains anew (seconds)")
	}
	be := backend(t)
	g := make([]float64, len(gains))
	for l := range g {
		g[l] = 1
	}
	for l, name := range Network().Layers() {
		g[l] /= spread(t, be, g, []string{name})[0]
		g[l], _ = strconv.ParseFloat(fmt.Sprintf("%.4g", g[l]), 64)
	}
	t.Logf("%v", g)
}

// TestSeed checks what networkSeed was chosen for: what conv1_1 and conv1_2 make
// of a uniform colour answers most to grey, and to every hue at more than half of that.
func TestSeed(t *testing.T) {
	w := Weights()
	dc := func(name string, in int) *mat.Dense { // [out][in], summed over the 3 × 3 taps
		p := w[name]
		m := mat.NewDense(len(p.B), in, nil)
		for i, v := range p.W {
			m.Set(i/(9*in), i/9%in, m.At(i/(9*in), i/9%in)+float64(v))
		}
		return m
	}
	first := dc("conv1_1", 3)
	var second mat.Dense
	second.Mul(dc("conv1_2", 8), first)
	for name, m := range map[string]mat.Matrix{"conv1_1": first, "conv1_2": &second} {
		var svd mat.SVD
		if !svd.Factorize(m, mat.SVDThin) {
			t.Fatal("no singular value decomposition")
		}
		var v mat.Dense
		svd.VTo(&v)
		s := svd.Values(nil)
		grey := math.Abs(v.At(0, 0)+v.At(1, 0)+v.At(2, 0)) / math.Sqrt(3)
		if grey < 0.95 || s[2] < 0.6*s[0] {
			t.Errorf("%s: cosine of the strongest direction with grey %.3f, singular values %.3g", name, grey, s)
		}
	}
}
