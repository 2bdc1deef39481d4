package decode

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"reverie/compute/decode/l2"
)

// random decoders of units with differing numbers of weights.
func random(r *rand.Rand, first, units, voxels int) *Sparse {
	s := &Sparse{First: first, Voxels: voxels, Start: []int{0}}
	for range units {
		for v := range voxels {
			if r.Float64() < 0.3 {
				s.Index, s.W = append(s.Index, uint32(v)), append(s.W, float32(r.NormFloat64()))
			}
		}
		s.Start, s.B = append(s.Start, len(s.W)), append(s.B, float32(r.NormFloat64()))
	}
	return s
}

func TestSparsePredictsAsDense(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := random(r, 40, 37, 90)
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	z := make([]float64, 5*90)
	for i := range z {
		z[i] = r.NormFloat64()
	}
	got, err := s.Predict(z, 5)
	if err != nil {
		t.Fatal(err)
	}
	part, err := s.Slice(50, 60).Predict(z, 5)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		for u := range 37 {
			want := float64(s.B[u])
			for j := s.Start[u]; j < s.Start[u+1]; j++ {
				want += float64(s.W[j]) * z[i*90+int(s.Index[j])]
			}
			if d := math.Abs(got[i*37+u] - want); d > 1e-13 {
				t.Fatalf("sample %d, unit %d: %g, want %g", i, u, got[i*37+u], want)
			}
			if u >= 10 && u < 20 && part[i*10+u-10] != got[i*37+u] {
				t.Fatalf("unit %d of a slice differs", u)
			}
		}
	}
	if _, err := s.Predict(z[:90], 5); err == nil || !strings.Contains(err.Error(), "ROI") {
		t.Errorf("another ROI: %v", err)
	}
}

func TestSparseAppendsWhatWasSliced(t *testing.T) {
	s := random(rand.New(rand.NewPCG(3, 4)), 8, 20, 30)
	var all Sparse
	for u := 8; u < 28; u += 5 {
		if err := all.Append(s.Slice(u, u+5)); err != nil {
			t.Fatal(err)
		}
	}
	if err := all.Check(); err != nil || all.Units() != 20 || all.First != 8 || len(all.W) != len(s.W) {
		t.Fatalf("%v, %d units", err, all.Units())
	}
	for i := range s.W {
		if all.W[i] != s.W[i] || all.Index[i] != s.Index[i] {
			t.Fatalf("weight %d differs", i)
		}
	}
	if err := all.Append(s.Slice(8, 9)); err == nil {
		t.Error("units out of order passed")
	}
}

func TestSparseCheckRefuses(t *testing.T) {
	good := func() *Sparse {
		return &Sparse{Voxels: 3, Start: []int{0, 2, 2}, Index: []uint32{0, 2}, W: []float32{1, 2}, B: []float32{0, 0}}
	}
	if err := good().Check(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Sparse){
		"voxel 3 of 3":   func(s *Sparse) { s.Index[1] = 3 },
		"rising order":   func(s *Sparse) { s.Index[1] = 0 },
		"do not fit":     func(s *Sparse) { s.W = s.W[:1] },
		"begin at 0":     func(s *Sparse) { s.Start[1] = 3 },
		"bias of unit 1": func(s *Sparse) { s.B[1] = float32(math.NaN()) },
		"for voxel 0":    func(s *Sparse) { s.W[0] = float32(math.Inf(1)) },
	} {
		s := good()
		spoil(s)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestSparseNormalisesSamples(t *testing.T) {
	w := &l2.Weights{Units: 1, Voxels: 3, PerUnit: 2, Spatial: l2.Norm2, Index: []uint32{0, 2}, W: []float64{1, 2}, B: []float64{0.5}}
	got, err := FromL2(w).Predict([]float64{3, 100, 4}, 1)
	if err != nil || math.Abs(got[0]-(0.5+0.6+1.6)) > 1e-12 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := FromL2(w).Predict([]float64{0, 1, 0}, 1); err == nil || !strings.Contains(err.Error(), "all alike") {
		t.Errorf("sample without size: %v", err)
	}
}

func TestZScoreOfVoxelsThatDoNotVary(t *testing.T) {
	z := ZScore([]float64{3, 5, 7, 9}, []float32{1, 5}, []float32{2, 0})
	for i, want := range []float64{1, 0, 3, 0} {
		if z[i] != want {
			t.Errorf("value %d: %g, want %g", i, z[i], want)
		}
	}
}
