package decode

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Several flushes and pieces, the last of both not full, against plain float64 sums.
func TestAccumulatorSums(t *testing.T) {
	const stimuli, tests, units = 2*heldStimuli + 5, 3, 2*pieceUnits + 77
	rng := rand.New(rand.NewPCG(5, 6))
	m := &Mixture{Labels: make([]string, tests), Stimuli: make([]string, stimuli), Coef: make([]float64, tests*stimuli)}
	for i := range m.Coef {
		m.Coef[i] = rng.NormFloat64()
	}
	features := make([][]float32, stimuli)
	want := make([]float64, tests*units)
	for s := range features {
		features[s] = make([]float32, units)
		for u := range features[s] {
			features[s][u] = float32(rng.NormFloat64())
			for k := range tests {
				want[k*units+u] += m.Coef[k*stimuli+s] * float64(features[s][u])
			}
		}
	}
	stream := func() [][]float32 {
		a := NewAccumulator(m, units)
		for s, f := range features {
			if err := a.Add(s, f); err != nil {
				t.Fatal(err)
			}
		}
		out, err := a.Decoded()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	first := stream()
	if e := worst(t, flat(first), want); !(e < 1e-6) {
		t.Errorf("%.2g from float64", e)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for k, row := range stream() {
		if !slices.Equal(row, first[k]) {
			t.Errorf("sample %d differs with one thread", k)
		}
	}
}

func TestAccumulatorRefuses(t *testing.T) {
	m := &Mixture{Labels: []string{"t"}, Stimuli: []string{"a", "b"}, Coef: []float64{0.25, 0.75}}
	a := NewAccumulator(m, 2)
	if _, err := a.Decoded(); err == nil {
		t.Error("decoded without features")
	}
	if err := a.Add(1, []float32{4, 8}); err != nil {
		t.Fatal(err)
	}
	for want, err := range map[string]error{
		"before":    a.Add(1, []float32{1, 2}),
		"of 2":      a.Add(2, []float32{1, 2}),
		"want 2":    a.Add(0, []float32{1}),
		"is NaN":    a.Add(0, []float32{1, float32(math.NaN())}),
		"is +Inf":   a.Add(0, []float32{1, float32(math.Inf(1))}),
		`"a" first`: func() error { _, err := a.Decoded(); return err }(),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
	if err := a.Add(0, []float32{4, 0}); err != nil {
		t.Fatal(err)
	}
	got, err := a.Decoded()
	if err != nil || got[0][0] != 4 || got[0][1] != 6 {
		t.Errorf("%v, %v", got, err)
	}
}
