package cpu_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"reverie/compute"
	"reverie/compute/cpu"
	"reverie/compute/nn"
)

// The expected numbers are PyTorch's in float64, made by testdata/vgg/expected.py
// from the seeded weights and images that are restated here.

// meanBGR is subtracted from every image.
var meanBGR = [3]float64{104.00699, 116.66877, 122.67892}

// noise is white noise: channel c is 255·uniform of stream c, less the mean.
func noise(seed uint64, in nn.Shape) []float32 {
	x := make([]float32, 0, in.Len())
	for c := range in.C {
		s := nn.NewStream(seed, uint64(c))
		for i := range in.H * in.W {
			x = append(x, float32(255*s.Uniform(uint64(i))-meanBGR[c]))
		}
	}
	return x
}

// field is seeded.py's field of soft colours. The conversions forbid fused
// multiply-adds, so that every processor rounds as NumPy does.
func field(seed uint64, in nn.Shape) []float32 {
	axis := func(i, n int) (k int, f float64) {
		u := float64(i) * 6 / float64(n-1)
		k = min(int(u), 5)
		return k, u - float64(k)
	}
	mix := func(f, a, b float64) float64 { return float64((1-f)*a) + float64(f*b) }
	x := make([]float32, 0, in.Len())
	for c := range in.C {
		grid, fine := nn.NewStream(seed, uint64(c)), nn.NewStream(seed, uint64(3+c))
		at := func(ky, kx int) float64 { return grid.Uniform(uint64(7*ky + kx)) }
		for i := range in.H * in.W {
			ky, fy := axis(i/in.W, in.H)
			kx, fx := axis(i%in.W, in.W)
			v := mix(fy, mix(fx, at(ky, kx), at(ky, kx+1)), mix(fx, at(ky+1, kx), at(ky+1, kx+1)))
			x = append(x, float32(32+float64(191*v)+float64(32*fine.Uniform(uint64(i)))-meanBGR[c]))
		}
	}
	return x
}

// result is what a backend computes for image x and the features of image y as targets.
type result struct {
	features [][]float32
	loss     []float64
	grad     []float32
}

func compute19(t *testing.T, opt cpu.Options, net *nn.Network, w nn.Weights, x, y []float32, scale []float64) result {
	t.Helper()
	backend, err := cpu.Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	t.Log(backend.Device())
	layers := net.Layers()
	p, err := backend.Compile(compute.Spec{Net: net, Weights: w, Batch: 1, Layers: layers, Gradient: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	r := result{loss: make([]float64, len(layers)), grad: make([]float32, len(x))}
	var target [][]float32
	for _, name := range layers {
		op, _, _ := net.Op(name)
		r.features = append(r.features, make([]float32, op.Out.Len()))
		target = append(target, make([]float32, op.Out.Len()))
	}
	if err := p.Features(t.Context(), y, 1, target); err != nil {
		t.Fatal(err)
	}
	for l, v := range target {
		if err := p.SetTarget(0, l, v, scale[l]); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Features(t.Context(), x, 1, r.features); err != nil {
		t.Fatal(err)
	}
	if err := p.Evaluate(t.Context(), x, []int{0}, r.loss, r.grad); err != nil {
		t.Fatal(err)
	}
	return r
}

// relative is ‖got − want‖ / ‖want‖.
func relative[T float32 | float64](got []float32, want []T) float64 {
	var d, n float64
	for i, w := range want {
		e := float64(got[i]) - float64(w)
		d, n = d+e*e, n+float64(w)*float64(w)
	}
	return math.Sqrt(d / n)
}

// sampled takes the places k·len/count.
func sampled(v []float32, count int) []float32 {
	s := make([]float32, count)
	for k := range s {
		s[k] = v[k*len(v)/count]
	}
	return s
}

func gate(t *testing.T, what string, got, limit float64) {
	t.Helper()
	t.Logf("%-22s error %.2e, gate %.2e", what, got, limit)
	if !(got <= limit) {
		t.Errorf("%s: error %.3e against PyTorch in float64, at most %.3e allowed", what, got, limit)
	}
}

func vggFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "vgg", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readJSON(t *testing.T, name string, v any) {
	t.Helper()
	if err := json.Unmarshal(vggFile(t, name), v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// options are those under test by name.
var options = map[string]cpu.Options{"default": {}, "exact": {Exact: true}}

// Layers this narrow have no Winograd convolutions: both options compute the same.
func TestNarrowAgainstTorch(t *testing.T) {
	var file struct {
		Sets []struct {
			Name          string
			Height, Width int
			Pool          string
			Slope         float32
			Floor         bool
			Digest        string    `json:"weights_sha256"`
			Scale         []float64 `json:"loss_weights"`
			Losses        []float64
		}
	}
	readJSON(t, "narrow.json", &file)
	for _, s := range file.Sets {
		cfg := nn.VGG19Config{Height: s.Height, Width: s.Width, Divisor: 16, Classes: 20, Slope: s.Slope, FloorPool: s.Floor}
		// A unit near a kink takes the other side when rounded; leaky rectifiers and averages have less of that.
		gradient := 1e-3
		if s.Pool == "average" {
			cfg.Pool, gradient = nn.AveragePool, 1e-4
		}
		net, err := nn.VGG19(cfg)
		if err != nil {
			t.Fatal(err)
		}
		w := nn.Seeded(net, 7, 0.1)
		if got := w.SHA256(net); got != s.Digest {
			t.Fatalf("%s: weights have digest %s, the script's %s", s.Name, got, s.Digest)
		}
		want := floats(t, s.Name+".f32", net.Units()+net.Input.Len())
		for name, opt := range options {
			t.Run(fmt.Sprintf("%s %s", s.Name, name), func(t *testing.T) {
				r := compute19(t, opt, net, w, noise(11, net.Input), field(12, net.Input), s.Scale)
				rest := want
				for l, layer := range net.Layers() {
					n := len(r.features[l])
					gate(t, layer+" features", relative(r.features[l], rest[:n]), 1e-5)
					gate(t, layer+" loss", math.Abs(r.loss[l]-s.Losses[l])/s.Losses[l], 1e-5)
					rest = rest[n:]
				}
				gate(t, "gradient", relative(r.grad, rest), gradient)
			})
		}
	}
}

// floats reads n little-endian float32.
func floats(t *testing.T, name string, n int) []float32 {
	t.Helper()
	b := vggFile(t, name)
	if len(b) != 4*n {
		t.Fatalf("%s has %d bytes, want %d", name, len(b), 4*n)
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v
}

// The whole VGG19 at 224×224. Losses and gradient are held to three times the
// error that PyTorch makes itself in float32: kinks allow no fixed bound.
func TestVGG19AgainstTorch(t *testing.T) {
	if testing.Short() {
		t.Skip("full-size network left out: -short")
	}
	var file struct {
		Digest string `json:"weights_sha256"`
		Layers []struct {
			Name       string
			Norm, Mean float64
			Samples    []float64
			Scale      float64 `json:"loss_weight"`
			Loss       float64
		}
		Gradient     []float64 `json:"gradient_samples"`
		GradientNorm float64   `json:"gradient_norm"`
		Torch        struct {
			Losses   []float64
			Gradient float64 `json:"gradient_samples"`
		} `json:"torch_float32"`
	}
	readJSON(t, "full.json", &file)
	net, err := nn.VGG19(nn.VGG19Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := nn.Seeded(net, 7, 0.1)
	if got := w.SHA256(net); got != file.Digest {
		t.Fatalf("weights have digest %s, the script's %s", got, file.Digest)
	}
	var scale []float64
	for _, l := range file.Layers {
		scale = append(scale, l.Scale)
	}
	for name, opt := range options {
		t.Run(name, func(t *testing.T) {
			r := compute19(t, opt, net, w, field(11, net.Input), field(12, net.Input), scale)
			for l, want := range file.Layers {
				mean, norm := moments(r.features[l])
				gate(t, want.Name+" features", relative(sampled(r.features[l], len(want.Samples)), want.Samples), 1e-5)
				gate(t, want.Name+" norm", math.Abs(norm-want.Norm)/want.Norm, 1e-5)
				// The mean is a difference of large numbers: its error is set against the units' size.
				gate(t, want.Name+" mean", math.Abs(mean-want.Mean)*math.Sqrt(float64(len(r.features[l])))/want.Norm, 1e-5)
				gate(t, want.Name+" loss", math.Abs(r.loss[l]-want.Loss)/want.Loss, max(1e-6, 3*file.Torch.Losses[l]))
			}
			_, norm := moments(r.grad)
			gate(t, "gradient norm", math.Abs(norm-file.GradientNorm)/file.GradientNorm, 3*file.Torch.Gradient)
			gate(t, "gradient", relative(sampled(r.grad, len(file.Gradient)), file.Gradient), 3*file.Torch.Gradient)
		})
	}
}

// moments gives the mean and the L2 norm.
func moments(v []float32) (mean, norm float64) {
	for _, x := range v {
		mean += float64(x)
		norm += float64(x) * float64(x)
	}
	return mean / float64(len(v)), math.Sqrt(norm)
}
