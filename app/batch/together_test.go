package batch

import (
	"context"
	"fmt"
	"testing"

	"reverie/app/pipeline"
	"reverie/compute/cpu"
	"reverie/compute/recon"
)

// BenchmarkTogether is what an evaluation of the built-in network takes for each image, so many together, over pixels
// and through the built-in generator. The choice of together (measure.go) comes from it.
func BenchmarkTogether(b *testing.B) {
	m, err := pipeline.OpenModel(context.Background(), "demo", nil)
	if err != nil {
		b.Fatal(err)
	}
	be, err := cpu.Open(cpu.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer be.Close()
	for _, prior := range []*pipeline.Prior{nil, pipeline.BuiltInPrior(m)} {
		o, err := recon.DefaultsFor(recon.Paper, prior != nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, n := range []int{1, 5, 10, 50} {
			spec, err := m.Spec(pipeline.Request{Layers: m.Net.Layers(), Options: o, Prior: prior, Batch: n, Jobs: make([]pipeline.Job, n)})
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("prior=%t/%d", prior != nil, n), func(b *testing.B) {
				p, err := be.Compile(spec)
				if err != nil {
					b.Fatal(err)
				}
				defer p.Close()
				if err := aim(p); err != nil {
					b.Fatal(err)
				}
				units := spec.Net.Input.Len()
				x, grad, loss := make([]float32, n*units), make([]float32, n*units), make([]float64, n*len(spec.Layers))
				slots := make([]int, n)
				for i := range slots {
					slots[i] = i
				}
				for b.Loop() {
					if err := p.Evaluate(context.Background(), x, slots, loss, grad); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*n), "ms/image")
			})
		}
	}
}
