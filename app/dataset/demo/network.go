// Package demo makes the built-in subject: a simulated one, in the field's own
// files, for trying and teaching without anyone's data. It draws pictures,
// computes what a small network makes of them, lets voxels with
// receptive fields and noise respond to that, and writes BData files. No person
// was scanned; file names and descriptions say "simulated".
//
// The network, and a generator that inverts its fc7, were trained by testdata/pair
// on drawn scenes that no subject sees and on photographs of things.
package demo

import (
	"bytes"
	"fmt"
	"sync"

	"reverie/compute/format/safetensors"
	"reverie/compute/nn"
	"reverie/resources"
)

// Classes is the number of classes that the network was trained on (testdata/pair/classes.txt).
const Classes = 37

// Network is the demo's network: VGG19's topology at one eighth of the width
// for 128×128 pixels, 607,269 units in 19 layers, 1.1 million parameters.
func Network() *nn.Network {
	net, err := nn.VGG19(nn.VGG19Config{Height: Size, Width: Size, Divisor: 8, Classes: Classes})
	if err != nil {
		panic("demo: " + err.Error()) // constants only: it cannot fail on a user's machine
	}
	return net
}

// Weights are the demo network's trained parameters, float16 in the program.
// The input's mean is stimuli.LabMean. The values are shared: do not change them.
func Weights() nn.Weights { return networkWeights() }

var networkWeights = sync.OnceValue(func() nn.Weights {
	return params(Network(), tensors("network", resources.PairNetwork))
})

// params gives the weights of a network's layers and checks them against it.
func params(net *nn.Network, find map[string][]float32) nn.Weights {
	w := nn.Weights{}
	for _, op := range net.Ops {
		if op.HasWeights() {
			w[op.Name] = nn.Param{W: find[op.Name+".weight"], B: find[op.Name+".bias"]}
		}
	}
	if err := w.Check(net); err != nil {
		panic("demo: " + err.Error()) // the file is built in and a test reads it: it cannot fail on a user's machine
	}
	return w
}

// tensors reads a built-in file.
func tensors(name string, raw []byte) map[string][]float32 {
	f, err := safetensors.New(bytes.NewReader(raw), int64(len(raw)), name)
	if err != nil {
		panic("demo: " + err.Error()) // as above
	}
	out := map[string][]float32{}
	for _, t := range f.Tensors {
		if out[t.Name], err = t.Float32(); err != nil {
			panic(fmt.Sprintf("demo: %s of the built-in %s: %v", t.Name, name, err))
		}
	}
	return out
}
