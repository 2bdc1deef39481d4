package decode

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"reverie/compute/brain"
)

// noise makes n samples of d voxels, each stimulus shown repeats times.
func noise(n, d, repeats int) brain.Samples {
	rng := rand.New(rand.NewPCG(1, 2))
	s := brain.Samples{Voxels: d, X: make([]float64, n*d)}
	for i := range s.X {
		s.X[i] = rng.NormFloat64()
	}
	for i := range n {
		s.Labels = append(s.Labels, strconv.Itoa(i/repeats))
	}
	return s
}

// BenchmarkFitRidge is the built-in subject's visual cortex: 600 stimuli twice.
func BenchmarkFitRidge(b *testing.B) {
	s := noise(1200, 1400, 2)
	for b.Loop() {
		if _, err := FitRidge(s, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAccumulator decodes 125 samples of a tenth of the built-in subject's units from 600 stimuli.
func BenchmarkAccumulator(b *testing.B) {
	const stimuli, tests, units = 600, 125, 60000
	m := &Mixture{Labels: make([]string, tests), Stimuli: make([]string, stimuli), Coef: make([]float64, tests*stimuli)}
	f := make([]float32, units)
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range m.Coef {
		m.Coef[i] = rng.NormFloat64() / 50
	}
	for i := range f {
		f[i] = rng.Float32()
	}
	for b.Loop() {
		a := NewAccumulator(m, units)
		for s := range stimuli {
			if err := a.Add(s, f); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := a.Decoded(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(stimuli*tests*units)*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gmac/s")
}
