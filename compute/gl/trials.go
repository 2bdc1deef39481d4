package gl

import (
	"context"
	"math"

	"reverie/compute"
	"reverie/compute/gl/plan"
	"reverie/compute/nn"
)

// trial is a small network that a kernel has most of the work of.
type trial struct {
	kernel string
	cfg    nn.VGG19Config
	layers []string
	gate   float64
	set    func(*plan.Profile) // nil leaves profile and tuning as they are
	latent bool                // behind a small generator
	loss   compute.Loss
	masks  bool
}

// Without kinks every difference is rounding; a rectifier or a maximum may fall
// on the other side here and there.
const kinks = 1e-3

func linear(c nn.VGG19Config) nn.VGG19Config {
	c.Divisor, c.Classes, c.Slope = 16, 10, 1
	if c.Height == 0 {
		c.Height, c.Width = 21, 18
	}
	return c
}

// trials are the kernels and their variants. Each forces what it tries, whatever
// the device's profile or tuning would choose.
func trials() []trial {
	registers := plan.Simplest().Tile
	shared := plan.Tile{WX: 16, WY: 4, TN: 4, TM: 1, KT: 4, Pad: 1}
	direct := func(t plan.Tile, texel bool, cores int) func(*plan.Profile) {
		return func(p *plan.Profile) {
			p.Winograd, p.Tiles, p.Texel, p.Cores = 0, []plan.Tile{t}, texel, cores
		}
	}
	winograd := func(t plan.Tile, texel bool) func(*plan.Profile) {
		return func(p *plan.Profile) { p.Winograd, p.Tiles, p.Texel, p.Exact = 1, []plan.Tile{t}, texel, false }
	}
	average := nn.VGG19Config{Pool: nn.AveragePool}
	conv := []string{"conv1_1", "conv1_2"}
	tiny := nn.VGG19Config{Height: 12, Width: 9, Pool: nn.AveragePool}
	pooled, losses := []string{"conv2_1"}, []string{"conv1_2", "conv3_1", "fc6"}
	plain := direct(registers, false, 1)
	return []trial{
		{kernel: "convolution, registers", cfg: linear(average), layers: conv, gate: 1e-5, set: plain},
		{kernel: "convolution, registers, textures", cfg: linear(average), layers: conv, gate: 1e-5, set: direct(registers, true, 1)},
		{kernel: "convolution, shared memory", cfg: linear(average), layers: conv, gate: 1e-5, set: direct(shared, false, 1)},
		{kernel: "convolution, shared memory, textures", cfg: linear(average), layers: conv, gate: 1e-5, set: direct(shared, true, 1)},
		{kernel: "convolution, sum in parts", cfg: linear(tiny), layers: []string{"conv4_2"}, gate: 1e-5, set: direct(registers, false, 4096)},
		{kernel: "Winograd, registers", cfg: linear(average), layers: conv, gate: 5e-5, set: winograd(registers, false)},
		{kernel: "Winograd, registers, textures", cfg: linear(average), layers: conv, gate: 5e-5, set: winograd(registers, true)},
		{kernel: "Winograd, shared memory", cfg: linear(average), layers: conv, gate: 5e-5, set: winograd(shared, false)},
		{kernel: "average pooling", cfg: linear(average), layers: pooled, gate: 1e-5, set: plain},
		{kernel: "maximum pooling", cfg: linear(nn.VGG19Config{}), layers: pooled, gate: kinks, set: plain},
		{kernel: "rectifier", cfg: nn.VGG19Config{Height: 21, Width: 18, Divisor: 16, Classes: 10}, layers: conv, gate: kinks, set: plain},
		{kernel: "fully connected", cfg: linear(average), layers: []string{"fc6", "fc8"}, gate: 5e-5, set: plain},
		{kernel: "generator", cfg: linear(average), layers: conv, gate: 1e-5, set: plain, latent: true},
		{kernel: "mask", cfg: linear(tiny), layers: losses, gate: 5e-5, set: plain, masks: true},
		{kernel: "loss l1, mask", cfg: linear(tiny), layers: losses, gate: kinks, set: plain, masks: true, loss: compute.L1},
		{kernel: "loss inner, mask", cfg: linear(tiny), layers: losses, gate: 5e-5, set: plain, masks: true, loss: compute.Inner},
		{kernel: "loss gram, mask", cfg: linear(tiny), layers: losses, gate: 5e-5, set: plain, masks: true, loss: compute.Gram},
		{kernel: "this device's own plan", cfg: nn.VGG19Config{Height: 64, Divisor: 8, Classes: 10}, gate: kinks},
	}
}

// smallGenerator makes pictures of the shape from a vector, with every kind of
// layer that generators have.
func smallGenerator(picture nn.Shape) *nn.Network {
	g := &nn.Network{Name: "a small generator", Input: nn.Shape{C: 10, H: 1, W: 1}}
	at := g.Input
	add := func(kind nn.Kind, name string, out nn.Shape) {
		g.Ops, at = append(g.Ops, nn.Op{Kind: kind, Name: name, In: at, Out: out, Act: true, Slope: 1}), out
	}
	h, w := (picture.H+7)/8, (picture.W+7)/8 // doubled three times, then cropped
	add(nn.FC, "defc", nn.Shape{C: 6 * (h + 1) * (w + 1), H: 1, W: 1})
	at = nn.Shape{C: 6, H: h + 1, W: w + 1}
	add(nn.Crop, "valid", nn.Shape{C: 6, H: h, W: w})
	add(nn.Deconv, "deconv3", nn.Shape{C: 9, H: 2 * h, W: 2 * w})
	add(nn.Conv, "conv3_1", nn.Shape{C: 8, H: 2 * h, W: 2 * w})
	add(nn.Deconv, "deconv2", nn.Shape{C: 5, H: 4 * h, W: 4 * w})
	add(nn.Deconv, "deconv1", nn.Shape{C: picture.C, H: 8 * h, W: 8 * w})
	return g
}

func (t trial) spec() (compute.Spec, []float32, error) {
	net, err := nn.VGG19(t.cfg)
	if err != nil {
		return compute.Spec{}, nil, err
	}
	layers := t.layers
	if layers == nil {
		layers = net.Layers()
	}
	weights := nn.Seeded(net, 3, 0.1)
	if t.latent {
		g := smallGenerator(net.Input)
		weights = nn.JoinWeights(nn.Seeded(g, 4, 0.1), weights)
		if net, err = nn.Join(g, net); err != nil {
			return compute.Spec{}, nil, err
		}
		layers = append([]string{nn.Image}, layers...)
	}
	x, s := make([]float32, 2*net.Input.Len()), nn.NewStream(5, 0)
	for i := range x {
		x[i] = float32(255*s.Uniform(uint64(i)) - 117)
	}
	return compute.Spec{Net: net, Weights: weights, Batch: 2, Layers: layers, Gradient: true, Loss: t.loss}, x, nil
}

// results are the features, losses, gradients and, of a generator, pictures of two images, one list of values each.
func results(ctx context.Context, compile func() (compute.Program, error), spec compute.Spec, x []float32, masks bool) ([][]float32, error) {
	p, err := compile()
	if err != nil {
		return nil, err
	}
	defer p.Close()
	var out [][]float32
	for l, name := range spec.Layers {
		op, _, _ := spec.Net.Op(name)
		n := op.Out.Len()
		out = append(out, make([]float32, 2*n))
		for slot := range 2 {
			v, s := make([]float32, n), nn.NewStream(6, uint64(100*slot+l))
			for i := range v {
				v[i] = float32(10 * s.Normal(uint64(i)))
			}
			target := compute.Target{Values: v, Weight: 1 / float64(n)}
			if masks {
				target.Mask = make([]float32, n)
				for i := range target.Mask {
					target.Mask[i] = float32(s.Uniform(uint64(n + i)))
				}
			}
			if err := p.SetTarget(slot, l, target); err != nil {
				return nil, err
			}
		}
	}
	if err := p.Features(ctx, x, 2, out); err != nil {
		return nil, err
	}
	loss, grad := make([]float64, 2*len(spec.Layers)), make([]float32, len(x))
	if err := p.Evaluate(ctx, x, []int{1, 0}, loss, grad); err != nil {
		return nil, err
	}
	for _, v := range loss {
		out = append(out, []float32{float32(v)})
	}
	for i := range 2 {
		if spec.Net.Head == 0 {
			break
		}
		picture := make([]float32, spec.Net.Picture().Len())
		if err := p.Picture(i, picture); err != nil {
			return nil, err
		}
		out = append(out, picture)
	}
	return append(out, grad), nil
}

// furthest is the largest relative difference of any list; NaN counts as infinite.
func furthest(got, want [][]float32) float64 {
	worst := 0.0
	for i := range want {
		e := difference(got[i], want[i])
		if math.IsNaN(e) {
			return math.Inf(1)
		}
		worst = max(worst, e)
	}
	return worst
}
