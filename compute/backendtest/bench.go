package backendtest

import (
	"context"
	"testing"

	"reverie/compute"
	"reverie/compute/nn"
)

// Benchmark times evaluations of a full batch of noise on an open backend: loss
// of every layer and gradient. describe is told of the program once.
func Benchmark(b *testing.B, be compute.Backend, cfg nn.VGG19Config, batch int, describe func(compute.Program) string) {
	net, err := nn.VGG19(cfg)
	if err != nil {
		b.Fatal(err)
	}
	layers := net.Layers()
	p, err := be.Compile(compute.Spec{Net: net, Weights: nn.Seeded(net, 7, 0.1), Batch: batch, Layers: layers, Gradient: true})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	n := batch * net.Input.Len()
	x, grad, loss := make([]float32, n), make([]float32, n), make([]float64, batch*len(layers))
	s := nn.NewStream(1, 0)
	for i := range x {
		x[i] = float32(s.Uniform(uint64(i))*255 - 117)
	}
	slots := make([]int, batch)
	for i := range slots {
		slots[i] = i
		for l, name := range layers {
			op, _, _ := net.Op(name)
			if err := p.SetTarget(i, l, compute.Target{Values: make([]float32, op.Out.Len()), Weight: 1e-9}); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Logf("%s; %s", be.Device(), describe(p))
	for b.Loop() {
		if err := p.Evaluate(context.Background(), x, slots, loss, grad); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N*batch), "s/image")
}
