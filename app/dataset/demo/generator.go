package demo

import (
	"slices"
	"sync"

	"reverie/compute/nn"
	"reverie/resources"
)

// generatorSlope is that of the leaky ReLU after all layers of the generator but the last.
const generatorSlope = 0.3

// pair is the generator with what belongs to it.
type pair struct {
	net     *nn.Network
	weights nn.Weights
	upper   []float64
}

// Generator is the deep generator network that was trained to invert relu7 of the demo's network: 512 values
// of at least 0 in, a picture of Size×Size out, BGR less stimuli.LabMean, not bounded. Topology and names are
// those of the lab's generator (kamitani.md §3.2), narrower and one layer shorter. upper bounds each latent
// unit: mean + 3 SD of relu7 over training pictures, as the lab's act_range. The values are shared: do not
// change them.
func Generator() (net *nn.Network, w nn.Weights, upper []float64) {
	p := builtInGenerator()
	return p.net, p.weights, p.upper
}

var builtInGenerator = sync.OnceValue(func() pair {
	find := tensors("generator", resources.PairGenerator)
	net := &nn.Network{Name: "demo generator of relu7", Input: nn.Shape{C: len(find["act_range"]), H: 1, W: 1}}
	at := net.Input
	add := func(kind nn.Kind, name string, out nn.Shape) {
		op := nn.Op{Kind: kind, Name: name, In: at, Out: out, Act: true, Slope: generatorSlope}
		net.Ops = append(net.Ops, op)
		at = out
	}
	for _, name := range []string{"defc7", "defc6", "defc5"} {
		add(nn.FC, name, nn.Shape{C: len(find[name+".bias"]), H: 1, W: 1})
	}
	at = nn.Shape{C: at.C / 16, H: 4, W: 4} // the same values in C, H, W order
	for _, name := range []string{"deconv5", "conv5_1", "deconv4", "conv4_1", "deconv3", "conv3_1", "deconv2", "deconv1"} {
		out, kind := nn.Shape{C: len(find[name+".bias"]), H: at.H, W: at.W}, nn.Conv
		if name[0] == 'd' {
			kind, out.H, out.W = nn.Deconv, 2*at.H, 2*at.W
		} else {
			find[name+".weight"] = turned(find[name+".weight"], at.C, out.C)
		}
		add(kind, name, out)
	}
	net.Ops[len(net.Ops)-1].Act = false
	p := pair{net: net, weights: params(net, find), upper: make([]float64, net.Input.C)}
	for i, v := range find["act_range"] {
		p.upper[i] = float64(v)
	}
	return p
})

// turned gives the weights [out][in][3][3] of the convolution that does what a transposed one of stride 1 and
// padding 1 does with w, [in][out][3][3]: channels change places and kernels turn by 180°.
func turned(w []float32, in, out int) []float32 {
	to := make([]float32, 0, len(w))
	for o := range out {
		for i := range in {
			kernel := slices.Clone(w[9*(i*out+o):][:9])
			slices.Reverse(kernel)
			to = append(to, kernel...)
		}
	}
	return to
}
