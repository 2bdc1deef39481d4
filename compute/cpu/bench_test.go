package cpu

import (
	"fmt"
	"testing"

	"reverie/compute"
	"reverie/compute/backendtest"
	"reverie/compute/nn"
)

func benchmark(b *testing.B, cfg nn.VGG19Config, batch int) {
	be, err := Open(Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer be.Close()
	backendtest.Benchmark(b, be, cfg, batch, func(p compute.Program) string {
		return fmt.Sprintf("program %.0f MB", float64(p.(*program).Bytes())/1e6)
	})
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
