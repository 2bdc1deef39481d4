package backendtest

import (
	"math"
	"testing"

	"reverie/compute"
	"reverie/compute/nn"
)

// Torch sets a backend against PyTorch's numbers in float64, made by
// testdata/vgg/expected.py from seeded weights and images: narrow networks of
// every variant in whole, then samples of the whole VGG19 at 224×224 (left out
// by -short). open is called once per network.
func Torch(t *testing.T, open func() (compute.Backend, error), gates Gates) {
	gates = gates.filled()
	t.Run("narrow", func(t *testing.T) { torchNarrow(t, open, gates) })
	t.Run("VGG19", func(t *testing.T) {
		if testing.Short() {
			t.Skip("full-size network left out: -short")
		}
		torchWhole(t, open, gates)
	})
	t.Run("VGG19 behind the generator", func(t *testing.T) {
		if testing.Short() {
			t.Skip("full-size network left out: -short")
		}
		torchGenerator(t, open, gates)
	})
}

// result is what a backend computes for image x and the features of image y as targets.
type result struct {
	features [][]float32
	loss     []float64
	grad     []float32
}

func torchResult(t *testing.T, open func() (compute.Backend, error), net *nn.Network, w nn.Weights, x, y []float32, scale []float64) result {
	t.Helper()
	b, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	t.Log(b.Device())
	p := compile(t, b, compute.Spec{Net: net, Weights: w, Batch: 1, Layers: net.Layers(), Gradient: true})
	defer release(t, p)
	if pl, ok := p.(compute.Planner); ok {
		t.Log(pl.Plan().Summary)
	}
	for l, v := range features(t, p, y, 1) {
		if err := p.SetTarget(0, l, compute.Target{Values: v, Weight: scale[l]}); err != nil {
			t.Fatal(err)
		}
	}
	r := result{features: features(t, p, x, 1)}
	r.loss, r.grad = evaluate(t, p, x, 0)
	return r
}

func torchNarrow(t *testing.T, open func() (compute.Backend, error), gates Gates) {
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
	if len(file.Sets) == 0 {
		t.Fatal("narrow.json holds no sets")
	}
	for _, s := range file.Sets {
		t.Run(s.Name, func(t *testing.T) {
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
			w := seededWeights(t, net, s.Digest)
			rest := floats(t, s.Name+".f32", net.Units()+net.Input.Len())
			r := torchResult(t, open, net, w, noise(11, net.Input), field(12, net.Input), s.Scale)
			for l, layer := range net.Layers() {
				n := len(r.features[l])
				within(t, layer+" features", apart(r.features[l], rest[:n]), gates.Features)
				within(t, layer+" loss", math.Abs(r.loss[l]-s.Losses[l])/s.Losses[l], gates.Features)
				rest = rest[n:]
			}
			within(t, "gradient", apart(r.grad, rest), gradient*gates.Kinks)
		})
	}
}

// torchWhole holds losses and gradient to three times the error that PyTorch
// makes itself in float32: kinks allow no fixed bound.
func torchWhole(t *testing.T, open func() (compute.Backend, error), gates Gates) {
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
	w := seededWeights(t, net, file.Digest)
	var scale []float64
	for _, l := range file.Layers {
		scale = append(scale, l.Scale)
	}
	r := torchResult(t, open, net, w, field(11, net.Input), field(12, net.Input), scale)
	for l, want := range file.Layers {
		mean, norm := moments(r.features[l])
		within(t, want.Name+" features", apart(sampled(r.features[l], len(want.Samples)), want.Samples), gates.Features)
		within(t, want.Name+" norm", math.Abs(norm-want.Norm)/want.Norm, gates.Features)
		// The mean is a difference of large numbers: its error is set against the units' size.
		within(t, want.Name+" mean", math.Abs(mean-want.Mean)*math.Sqrt(float64(len(r.features[l])))/want.Norm, gates.Features)
		within(t, want.Name+" loss", math.Abs(r.loss[l]-want.Loss)/want.Loss, max(gates.Features/10, 3*file.Torch.Losses[l]))
	}
	_, norm := moments(r.grad)
	limit := 3 * file.Torch.Gradient * gates.Kinks
	within(t, "gradient norm", math.Abs(norm-file.GradientNorm)/file.GradientNorm, limit)
	within(t, "gradient", apart(sampled(r.grad, len(file.Gradient)), file.Gradient), limit)
}

// torchGenerator does it for VGG19 behind the lab's generator at full size: the picture, and the
// gradient with respect to the latent vector.
func torchGenerator(t *testing.T, open func() (compute.Backend, error), gates Gates) {
	var file struct {
		Scale        []float64 `json:"loss_weights"`
		Losses       []float64
		Picture      []float64 `json:"picture_samples"`
		PictureNorm  float64   `json:"picture_norm"`
		Gradient     []float64 `json:"gradient_samples"`
		GradientNorm float64   `json:"gradient_norm"`
		Torch        struct {
			Picture, Gradient float64
			Losses            []float64
		} `json:"torch_float32"`
	}
	readJSON(t, "generator.json", &file)
	net, err := nn.VGG19(nn.VGG19Config{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := nn.DGN(1)
	if err != nil {
		t.Fatal(err)
	}
	both, err := nn.Join(g, net)
	if err != nil {
		t.Fatal(err)
	}
	gw, w := nn.Seeded(g, 8, 0.1), nn.Seeded(net, 7, 0.1)
	for i := range gw["deconv0"].W {
		gw["deconv0"].W[i] *= 30
	}
	z, s := make([]float32, g.Input.Len()), nn.NewStream(13, 0)
	for i := range z {
		z[i] = float32(2 * s.Uniform(uint64(i)))
	}
	b, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	target := targetFeatures(t, b, net, w)
	p := compile(t, b, compute.Spec{Net: both, Weights: nn.JoinWeights(gw, w), Batch: 1, Layers: net.Layers(), Gradient: true})
	defer release(t, p)
	for l, v := range target {
		if err := p.SetTarget(0, l, compute.Target{Values: v, Weight: file.Scale[l]}); err != nil {
			t.Fatal(err)
		}
	}
	loss, grad := evaluate(t, p, z, 0)
	picture := make([]float32, net.Input.Len())
	if err := p.Picture(0, picture); err != nil {
		t.Fatal(err)
	}
	within(t, "picture", apart(sampled(picture, len(file.Picture)), file.Picture), max(gates.Features, 3*file.Torch.Picture))
	within(t, "picture norm", math.Abs(norm2(picture)-file.PictureNorm)/file.PictureNorm, gates.Features)
	for l, name := range net.Layers() {
		within(t, name+" loss", math.Abs(loss[l]-file.Losses[l])/file.Losses[l], max(gates.Features, 3*file.Torch.Losses[l]))
	}
	limit := 3 * file.Torch.Gradient * gates.Kinks
	within(t, "gradient", apart(sampled(grad, len(file.Gradient)), file.Gradient), limit)
	within(t, "gradient norm", math.Abs(norm2(grad)-file.GradientNorm)/file.GradientNorm, limit)
}

// targetFeatures are those of the field that all targets are made of.
func targetFeatures(t *testing.T, b compute.Backend, net *nn.Network, w nn.Weights) [][]float32 {
	t.Helper()
	p := compile(t, b, compute.Spec{Net: net, Weights: w, Batch: 1, Layers: net.Layers()})
	defer release(t, p)
	return features(t, p, field(12, net.Input), 1)
}

// sampled takes the places k·len/count.
func sampled(v []float32, count int) []float32 {
	s := make([]float32, count)
	for k := range s {
		s[k] = v[k*len(v)/count]
	}
	return s
}

// moments gives the mean and the L2 norm.
func moments(v []float32) (mean, norm float64) {
	for _, x := range v {
		mean += float64(x)
	}
	return mean / float64(len(v)), norm2(v)
}
