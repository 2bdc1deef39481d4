package decode

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"

	"reverie/compute/decode/l2"
	"reverie/compute/decode/slr"
)

// Sparse are the decoders of units First … First+len(B)−1 as they are kept:
// unit First+u has the weights W[Start[u]:Start[u+1]] for the voxels
// Index[Start[u]:Start[u+1]], rising, and the bias B[u]. They act on z-scored
// voxels and predict z-scored units.
type Sparse struct {
	First, Voxels int
	Start         []int // len(B)+1 values from 0
	Index         []uint32
	W, B          []float32
	Spatial       l2.Spatial // applied to a sample over each unit's voxels
}

// Units is the number of units.
func (s *Sparse) Units() int { return len(s.B) }

// Check refuses what does not fit together or is not finite.
func (s *Sparse) Check() error {
	switch {
	case s.First < 0 || s.Voxels < 1:
		return fmt.Errorf("decoders of %d voxels from unit %d", s.Voxels, s.First)
	case len(s.Start) != len(s.B)+1 || s.Start[0] != 0 || s.Start[len(s.B)] != len(s.W) || len(s.W) != len(s.Index):
		return errors.New("the numbers of weights, voxels and units do not fit together")
	}
	for u := range s.B {
		if s.Start[u+1] < s.Start[u] || s.Start[u+1] > len(s.W) {
			return fmt.Errorf("the weights of unit %d begin at %d and end at %d", s.First+u, s.Start[u], s.Start[u+1])
		}
		if x := s.B[u]; x-x != 0 {
			return fmt.Errorf("the bias of unit %d is %g", s.First+u, x)
		}
		for i := s.Start[u]; i < s.Start[u+1]; i++ {
			switch {
			case int64(s.Index[i]) >= int64(s.Voxels):
				return fmt.Errorf("unit %d has a weight for voxel %d of %d", s.First+u, s.Index[i], s.Voxels)
			case i > s.Start[u] && s.Index[i] <= s.Index[i-1]:
				return fmt.Errorf("the voxels of unit %d are not in rising order", s.First+u)
			case s.W[i]-s.W[i] != 0:
				return fmt.Errorf("unit %d has the weight %g for voxel %d", s.First+u, s.W[i], s.Index[i])
			}
		}
	}
	return nil
}

// Slice is the decoders of units from … to−1, counted as First is; it shares memory with s.
func (s *Sparse) Slice(from, to int) *Sparse {
	a, b := from-s.First, to-s.First
	out := &Sparse{First: from, Voxels: s.Voxels, Spatial: s.Spatial, B: s.B[a:b],
		Index: s.Index[s.Start[a]:s.Start[b]], W: s.W[s.Start[a]:s.Start[b]], Start: make([]int, b-a+1)}
	for i := range out.Start {
		out.Start[i] = s.Start[a+i] - s.Start[a]
	}
	return out
}

// Append adds the decoders of the units that follow.
func (s *Sparse) Append(next *Sparse) error {
	if len(s.Start) == 0 {
		*s = Sparse{First: next.First, Voxels: next.Voxels, Spatial: next.Spatial, Start: []int{0}}
	}
	if next.First != s.First+s.Units() || next.Voxels != s.Voxels || next.Spatial != s.Spatial {
		return fmt.Errorf("decoders from unit %d of %d voxels cannot follow those up to %d of %d", next.First, next.Voxels, s.First+s.Units()-1, s.Voxels)
	}
	at := s.Start[len(s.Start)-1]
	for _, i := range next.Start[1:] {
		s.Start = append(s.Start, at+i)
	}
	s.Index, s.W, s.B = append(s.Index, next.Index...), append(s.W, next.W...), append(s.B, next.B...)
	return nil
}

// FromL2 takes the weights of ridge regression, rounded to single precision.
func FromL2(w *l2.Weights) *Sparse {
	s := &Sparse{First: w.First, Voxels: w.Voxels, Spatial: w.Spatial, Start: make([]int, w.Units+1),
		Index: append([]uint32(nil), w.Index...), W: single(w.W), B: single(w.B)}
	for u := range s.Start {
		s.Start[u] = u * w.PerUnit
	}
	return s
}

// FromSLR takes the weights of sparse regression, rounded to single precision.
func FromSLR(w *slr.Weights) *Sparse {
	return &Sparse{First: w.First, Voxels: w.Voxels, Start: append([]int(nil), w.Start...),
		Index: append([]uint32(nil), w.Index...), W: single(w.W), B: single(w.B)}
}

func single(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

// Predict gives samples × Units values for samples × Voxels values z, both by
// rows. Sums are in float64. The decoders must have passed Check.
func (s *Sparse) Predict(z []float64, samples int) ([]float64, error) {
	if samples < 0 || len(z) != samples*s.Voxels {
		return nil, fmt.Errorf("%d values for %d samples of %d voxels: choose the ROI that the decoders were trained on", len(z), samples, s.Voxels)
	}
	// By voxels, so that one weight meets all samples in a row.
	zt := make([]float64, len(z))
	for i := range samples {
		for v, x := range z[i*s.Voxels : (i+1)*s.Voxels] {
			zt[v*samples+i] = x
		}
	}
	units := s.Units()
	out := make([]float64, samples*units)
	workers := max(1, min(runtime.GOMAXPROCS(0), units/16))
	bad := make([]error, workers)
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			sum, row := make([]float64, samples), []float64(nil)
			for u := worker * units / workers; u < (worker+1)*units/workers; u++ {
				of, with := s.Index[s.Start[u]:s.Start[u+1]], s.W[s.Start[u]:s.Start[u+1]]
				for i := range sum {
					sum[i] = float64(s.B[u])
				}
				if s.Spatial == l2.NoSpatial {
					for j, v := range of {
						c := float64(with[j])
						for i, x := range zt[int(v)*samples : (int(v)+1)*samples] {
							sum[i] += c * x
						}
					}
				} else {
					for i := range sum {
						row = row[:0]
						for _, v := range of {
							row = append(row, zt[int(v)*samples+i])
						}
						if !s.Spatial.Apply(row) {
							bad[worker] = fmt.Errorf("sample %d cannot be normalised by %s over the voxels of unit %d: they are all alike", i, s.Spatial, s.First+u)
							return
						}
						for j, x := range row {
							sum[i] += float64(with[j]) * x
						}
					}
				}
				for i, x := range sum {
					out[i*units+u] = x
				}
			}
		})
	}
	wg.Wait()
	return out, errors.Join(bad...)
}

// ZScore gives (x − mean)/norm for samples × len(mean) values, 0 where norm is 0
// or the voxel has neither: a voxel that did not vary says nothing.
func ZScore(x []float64, mean, norm []float32) []float64 {
	z := make([]float64, len(x))
	d := len(mean)
	for i := range x {
		if s := float64(norm[i%d]); s > 0 && !math.IsInf(s, 0) {
			z[i] = (x[i] - float64(mean[i%d])) / s
		}
	}
	return z
}
