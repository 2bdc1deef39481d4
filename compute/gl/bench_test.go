package gl

import (
	"context"
	"testing"

	"reverie/compute"
	"reverie/compute/nn"
)

func benchmark(b *testing.B, cfg nn.VGG19Config, batch int) {
	net, err := nn.VGG19(cfg)
	if err != nil {
		b.Fatal(err)
	}
	be := backend(b, Options{})
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
	plan := p.(compute.Planner).Plan()
	b.Logf("%s; %s; %d MB", be.Device(), plan.Summary, plan.Memory>>20)
	for b.Loop() {
		if err := p.Evaluate(context.Background(), x, slots, loss, grad); err != nil {
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
