package gl

import (
	"context"
	"fmt"
	"testing"

	"reverie/compute"
	"reverie/compute/backendtest"
	"reverie/compute/nn"
)

func benchmark(b *testing.B, cfg nn.VGG19Config, batch int) {
	backendtest.Benchmark(b, backend(b, Options{}), cfg, batch, func(p compute.Program) string {
		plan := p.(compute.Planner).Plan()
		return fmt.Sprintf("%s; %d MB", plan.Summary, plan.Memory>>20)
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

// BenchmarkHostOverhead is an evaluation with a driver that does nothing: what
// remains is Go, cgo and the copies of image and gradient.
func BenchmarkHostOverhead(b *testing.B) {
	k := newTask(b, nn.VGG19Config{}, 1)
	be := backend(b, Options{})
	p := k.compile(b, be)
	defer p.Close()
	be.setRate(2e13) // as on a fast GPU: the list is one segment
	defer be.idle()()
	a := answer{loss: make([]float64, len(k.spec.Layers)), grad: make([]float32, len(k.x))}
	for b.Loop() {
		if err := p.Evaluate(context.Background(), k.x, []int{0}, a.loss, a.grad); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e6, "ms/evaluation")
}
