package cpu

import (
	"testing"

	"reverie/compute"
	"reverie/compute/nn"
)

func benchmark(b *testing.B, cfg nn.VGG19Config, batch int) {
	net, err := nn.VGG19(cfg)
	if err != nil {
		b.Fatal(err)
	}
	be, err := Open(Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer be.Close()
	p, err := be.Compile(compute.Spec{Net: net, Weights: nn.Seeded(net, 7, 0.1), Batch: batch, Layers: net.Layers(), Gradient: true})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	n := net.Input.Len()
	x, grad, loss := make([]float32, batch*n), make([]float32, batch*n), make([]float64, batch*len(net.Layers()))
	s := nn.NewStream(1, 0)
	for i := range x {
		x[i] = float32(s.Uniform(uint64(i))*255 - 117)
	}
	slots := make([]int, batch)
	for i := range slots {
		slots[i] = i
		for l, name := range net.Layers() {
			op, _, _ := net.Op(name)
			if err := p.SetTarget(i, l, make([]float32, op.Out.Len()), 1e-9); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Logf("%s; program %.0f MB", be.Device(), float64(p.(*program).Bytes())/1e6)
	for b.Loop() {
		if err := p.Evaluate(b.Context(), x, slots, loss, grad); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N*batch), "s/image")
}

func BenchmarkEvaluateVGG19(b *testing.B) {
	b.Run("B=1", func(b *testing.B) { benchmark(b, nn.VGG19Config{}, 1) })
	b.Run("B=4", func(b *testing.B) { benchmark(b, nn.VGG19Config{}, 4) })
}

func BenchmarkEvaluateDemo(b *testing.B) {
	cfg := nn.VGG19Config{Height: 128, Divisor: 8}
	b.Run("B=1", func(b *testing.B) { benchmark(b, cfg, 1) })
	b.Run("B=10", func(b *testing.B) { benchmark(b, cfg, 10) })
}

// BenchmarkBareVGG19 is oneDNN's convolutions and fc layers alone, the peer of BenchmarkEvaluateVGG19.
func BenchmarkBareVGG19(b *testing.B) {
	net, err := nn.VGG19(nn.VGG19Config{})
	if err != nil {
		b.Fatal(err)
	}
	be, err := Open(Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer be.Close()
	p, err := be.Compile(compute.Spec{Net: net, Weights: nn.Seeded(net, 7, 0.1), Batch: 1, Layers: net.Layers(), Gradient: true})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	x, grad := make([]float32, net.Input.Len()), make([]float32, net.Input.Len())
	for b.Loop() {
		if err := p.(*program).Bare(x, 1, grad); err != nil {
			b.Fatal(err)
		}
	}
}
