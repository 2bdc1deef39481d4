package weights

import (
	"math"
	"path/filepath"
	"testing"

	"reverie/compute"
	"reverie/compute/cpu"
	"reverie/compute/nn"
)

// The networks of generators, with deconvolutions of stride 1 and convolutions without padding made ordinary
// ones, compute what torch computes of the files' layers.
func TestGeneratorNetworks(t *testing.T) {
	facts := modelExpect(t)
	b, err := cpu.Open(cpu.Options{Threads: 1, Exact: true})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for name, key := range map[string]string{"generator_relu7.pt": "relu", "generator_pool5.pt": "pool5"} {
		g := open(t, filepath.Join(modelFiles, name)).Generator
		net, w, err := g.Network()
		if err != nil {
			t.Fatal(err)
		}
		out := net.Ops[len(net.Ops)-1].Out
		whole := &nn.Network{Name: net.Name, Input: net.Input, Head: len(net.Ops) + 1,
			Ops: append(net.Ops[:len(net.Ops):len(net.Ops)], nn.Op{Kind: nn.Crop, Name: nn.Image, In: out, Out: out})}
		p, err := b.Compile(compute.Spec{Net: whole, Weights: w, Batch: 1, Layers: []string{nn.Image}})
		if err != nil {
			t.Fatal(err)
		}
		expect := facts.Generators[key]
		z, y := make([]float32, len(expect.Z)), [][]float32{make([]float32, out.Len())}
		for i, v := range expect.Z {
			z[i] = float32(v)
		}
		if err := p.Features(t.Context(), z, 1, y); err != nil {
			t.Fatal(err)
		}
		worst, size := 0.0, 0.0
		for i, v := range expect.Y {
			size = max(size, math.Abs(v))
			worst = max(worst, math.Abs(float64(y[0][i*expect.Step])-v))
		}
		t.Logf("%s: largest difference from torch %.2g of values up to %.2g", name, worst, size)
		if !(worst < 1e-5*size) {
			t.Errorf("%s: differs from torch by %g of %g", name, worst, size)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}
