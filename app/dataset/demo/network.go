// Package demo makes the built-in subject: a simulated one, in the field's own
// files, for trying and teaching without anyone's data. It draws pictures,
// computes what a small random network makes of them, lets voxels with
// receptive fields and noise respond to that, and writes BData files. No person
// was scanned; file names and descriptions say "simulated".
package demo

import (
	"math"

	"reverie/compute/nn"
)

const (
	// networkSeed is the one of 0 … 2999 whose first two layers see grey best and
	// all hues about as well (TestSeed). With a chance seed one hue can outweigh
	// luminance, and decoded pictures come out in that hue and its opposite.
	networkSeed = 2327
	bias        = 0.4 // of every unit of every layer
)

// gains multiply the He-normal weights of each layer, one number for a whole
// layer, so that over the first 64 scenes of seed 1 the pre-activations (all
// units together, less the bias) have a standard deviation of 1. Channels keep
// their means: centring them would make features of no network that exists.
// TestDeriveGains derives them, TestGains checks them.
var gains = [...]float64{
	0.008799, 1.012, // conv1, from pixels of 0 … 255
	0.9393, 0.6253, // conv2
	0.6934, 0.6511, 0.719, 0.7475, // conv3
	0.7373, 0.8054, 0.9298, 0.8967, // conv4
	0.6727, 0.6766, 0.9214, 0.7621, // conv5
	0.6394, 0.7477, 0.7453, // fc6 fc7 fc8
}

// Network is the demo's network: VGG19's topology at one eighth of the width (fc8 too: 125 units)
// for 128×128 pixels, 607,357 units in 19 layers, 1.16 million parameters.
func Network() *nn.Network {
	net, err := nn.VGG19(nn.VGG19Config{Height: Size, Width: Size, Divisor: 8, Classes: 125})
	if err != nil {
		panic("demo: " + err.Error()) // constants only: it cannot fail on a user's machine
	}
	return net
}

// Weights are the demo network's parameters: seeded He-normal weights with one
// gain per layer and equal small biases. Nothing was trained. The input's mean
// is stimuli.LabMean.
func Weights() nn.Weights { return weights(Network(), gains[:]) }

// weights takes layer number l from stream 2l of networkSeed, as nn.Seeded does.
func weights(net *nn.Network, gains []float64) nn.Weights {
	w := nn.Weights{}
	for l, name := range net.Layers() {
		op, _, _ := net.Op(name)
		p := nn.Param{W: make([]float32, op.Out.C*op.FanIn()), B: make([]float32, op.Out.C)}
		s := nn.NewStream(networkSeed, 2*uint64(l))
		sd := gains[l] * math.Sqrt(2/float64(op.FanIn()))
		for i := range p.W {
			p.W[i] = float32(s.Normal(uint64(i)) * sd)
		}
		for i := range p.B {
			p.B[i] = bias
		}
		w[name] = p
	}
	return w
}
