package nn

import (
	"errors"
	"fmt"
	"slices"
)

// Image is the name of the op that gives the picture of a network behind a
// generator: a crop, also where nothing is cut off.
const Image = "image"

// GeneratorPrefix stands before the names of a generator's ops: it has a conv5_1 of its own.
const GeneratorPrefix = "generator/"

// Join sets a generator before a network (kamitani.md §3.2): its latent vector is the input, its
// output, cropped to the middle, the picture. Layers, features and losses stay those of the network.
// JoinWeights joins their weights.
func Join(generator, network *Network) (*Network, error) {
	if generator.Head > 0 || network.Head > 0 {
		return nil, errors.New("a generator before a network that has one")
	}
	if len(generator.Ops) == 0 {
		return nil, errors.New("a generator without layers")
	}
	out, want := generator.Ops[len(generator.Ops)-1].Out, network.Input
	if out.C != want.C || out.H < want.H || out.W < want.W {
		return nil, fmt.Errorf("the generator %s makes %v, too little for the %v of %s", generator.Name, out, want, network.Name)
	}
	n := &Network{Name: network.Name + " behind " + generator.Name, Input: generator.Input, Head: len(generator.Ops) + 1}
	for _, op := range generator.Ops {
		op.Name = GeneratorPrefix + op.Name
		n.Ops = append(n.Ops, op)
	}
	n.Ops = append(n.Ops, Op{Kind: Crop, Name: Image, In: out, Out: want})
	n.Ops = append(n.Ops, network.Ops...)
	return n, n.check()
}

// JoinWeights gives the weights of Join's network; the values are shared.
func JoinWeights(generator, network Weights) Weights {
	w := Weights{}
	for name, p := range generator {
		w[GeneratorPrefix+name] = p
	}
	for name, p := range network {
		w[name] = p
	}
	return w
}

// Generator is the generator of a joined network alone, with the crop: it ends in Image. nil without one.
func (n *Network) Generator() *Network {
	if n.Head == 0 {
		return nil
	}
	return &Network{Name: "generator of " + n.Name, Input: n.Input, Ops: slices.Clone(n.Ops[:n.Head]), Head: n.Head}
}

// check reports ops that do not follow each other.
func (n *Network) check() error {
	at := n.Input
	for _, op := range n.Ops {
		if op.In.Len() != at.Len() {
			return fmt.Errorf("%s: %s takes %v after %v", n.Name, op.Name, op.In, at)
		}
		want := op.Out
		switch op.Kind {
		case Conv:
			want.H, want.W = op.In.H, op.In.W
		case Deconv:
			want.H, want.W = 2*op.In.H, 2*op.In.W
		case FC:
			want.H, want.W = 1, 1
		case Crop:
			want = Shape{op.In.C, min(op.In.H, op.Out.H), min(op.In.W, op.Out.W)}
		}
		if op.Out != want {
			return fmt.Errorf("%s: the %s %s makes %v of %v, want %v", n.Name, op.Kind, op.Name, op.Out, op.In, want)
		}
		at = op.Out
	}
	return nil
}
