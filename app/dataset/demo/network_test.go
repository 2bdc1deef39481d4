package demo

import (
	"encoding/json"
	"image"
	"image/png"
	"math"
	"os"
	"strings"
	"testing"

	"reverie/app/dataset/stimuli"
	"reverie/compute"
	"reverie/compute/cpu"
	"reverie/compute/eval"
	"reverie/compute/nn"
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

// features gives what the network makes of pictures: [picture][layer].
func features(t *testing.T, be compute.Backend, images []*image.NRGBA, layers ...string) [][][]float32 {
	t.Helper()
	net := Network()
	p, err := be.Compile(compute.Spec{Net: net, Weights: Weights(), Batch: 1, Layers: layers})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	out := make([][][]float32, len(images))
	for i, img := range images {
		for _, name := range layers {
			op, _, _ := net.Op(name)
			out[i] = append(out[i], make([]float32, op.Out.Len()))
		}
		if err := p.Features(t.Context(), stimuli.ToInput(img, stimuli.LabMean), 1, out[i]); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// generated gives the generator's pictures of latent vectors.
func generated(t *testing.T, be compute.Backend, latent [][]float32) [][]float32 {
	t.Helper()
	gen, w, _ := Generator()
	net, err := nn.Join(gen, Network())
	if err != nil {
		t.Fatal(err)
	}
	p, err := be.Compile(compute.Spec{Net: net, Weights: nn.JoinWeights(w, Weights()), Batch: 1, Layers: []string{"conv1_1"}, Gradient: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	op, _, _ := net.Op("conv1_1")
	if err := p.SetTarget(0, 0, compute.Target{Values: make([]float32, op.Out.Len()), Weight: 1}); err != nil {
		t.Fatal(err)
	}
	out := make([][]float32, len(latent))
	for i, z := range latent {
		if err := p.Evaluate(t.Context(), z, []int{0}, make([]float64, 1), make([]float32, len(z))); err != nil {
			t.Fatal(err)
		}
		out[i] = make([]float32, net.Picture().Len())
		if err := p.Picture(0, out[i]); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func rectified(v []float32) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = max(x, 0)
	}
	return out
}

// TestPairIsPyTorchs compares network and generator with what PyTorch computes in float64 from the same
// rounded weights (testdata/pair/export.py), of scene 600 of seed 1.
func TestPairIsPyTorchs(t *testing.T) {
	raw, err := os.ReadFile("../../../testdata/pair/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][]float64
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open("../../../testdata/pair/scene.png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	drawn := scene(1, 600)
	for i := range Size * Size {
		if img.At(i%Size, i/Size) != drawn.At(i%Size, i/Size) {
			r, g, b, _ := img.At(i%Size, i/Size).RGBA()
			if c := drawn.NRGBAAt(i%Size, i/Size); uint32(c.R) != r>>8 || uint32(c.G) != g>>8 || uint32(c.B) != b>>8 {
				t.Fatalf("testdata/pair/scene.png is not scene 600 of seed 1 any more (pixel %d): draw it anew and run export.py", i)
			}
		}
	}
	be := backend(t)
	got := features(t, be, []*image.NRGBA{drawn}, "conv5_4", "fc7", "fc8")[0]
	relu7 := rectified(got[1])
	picture := generated(t, be, [][]float32{relu7})[0]
	same := func(name string, got []float32, step int, tolerance float64) {
		t.Helper()
		top, worst := 0.0, 0.0
		for i, w := range want[name] {
			top = max(top, math.Abs(w))
			worst = max(worst, math.Abs(float64(got[i*step])-w))
		}
		if len(want[name]) != (len(got)+step-1)/step || top == 0 || worst > tolerance*top {
			t.Errorf("%s: %d values for %d, the largest difference %.3g of %.3g", name, len(want[name]), len(got), worst, top)
		}
		t.Logf("%s: largest difference %.2g of the largest value", name, worst/top)
	}
	same("conv5_4", got[0], 16, 1e-5)
	same("relu7", relu7, 1, 1e-5)
	same("fc8", got[2], 1, 1e-5)
	same("picture", picture, 97, 1e-5)
}

// TestPairsSizes checks what the pair is described by.
func TestPairsSizes(t *testing.T) {
	net := Network()
	gen, w, upper := Generator()
	if err := w.Check(gen); err != nil {
		t.Fatal(err)
	}
	if net.Units() != 607269 {
		t.Errorf("the network has %d units, want 607269", net.Units())
	}
	if n := net.Parameters() + gen.Parameters(); n > 8_000_000 {
		t.Errorf("network and generator have %d parameters, more than 8 million", n)
	}
	op, _, _ := net.Op("fc7")
	if gen.Input != op.Out || len(upper) != op.Out.Len() {
		t.Errorf("the generator takes %v and has %d bounds, fc7 is %v", gen.Input, len(upper), op.Out)
	}
	for i, v := range upper {
		if !(v >= 0) || v > 1e3 {
			t.Errorf("bound %d is %g", i, v)
		}
	}
	raw, err := os.ReadFile("../../../testdata/pair/classes.txt")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(raw), "\n"); n != Classes {
		t.Errorf("classes.txt lists %d classes, the network has %d", n, Classes)
	}
}

// TestGeneratorInverts checks that the generator makes of relu7 the scene that it came from: it looks more
// like that one than like any other of 16 that nothing was trained on.
func TestGeneratorInverts(t *testing.T) {
	const n = 16
	var seen []*image.NRGBA
	for i := range n {
		seen = append(seen, scene(1, 600+i))
	}
	be := backend(t)
	var latent [][]float32
	for _, f := range features(t, be, seen, "fc7") {
		latent = append(latent, rectified(f[0]))
	}
	mean := 0.0
	for i, x := range generated(t, be, latent) {
		img := stimuli.FromInput(x, Size, Size, stimuli.LabMean)
		best, own := -1, 0.0
		most := math.Inf(-1)
		for k, other := range seen {
			c, err := eval.PixelCorrelation(img, other)
			if err != nil {
				t.Fatal(err)
			}
			if c > most {
				best, most = k, c
			}
			if k == i {
				own = c
			}
		}
		if best != i {
			t.Errorf("scene %d looks more like %d: r = %.3f, its own %.3f", i, best, most, own)
		}
		mean += own / n
	}
	t.Logf("mean r = %.3f", mean)
	if mean < 0.65 {
		t.Errorf("mean correlation with the scene %.3f, want at least 0.65", mean)
	}
}
