package lab

import (
	"context"
	"fmt"
	"slices"

	"reverie/compute/decode"
)

// model is a file of weights open for reading.
type model struct {
	voxels int
	shape  []int // of its units
	method string
	alpha  float64
	chosen bool // it says which voxels were chosen
	whole  bool // rows costs reading the file, however few units are asked for
	most   int  // weights of the file at most
	rows   func(ctx context.Context, from, to int) (*decode.Sparse, error)
	bias   func() ([]float32, error) // of all units
	close  func()
}

// Read gives the decoders of units from … to−1. Weights of 0 are left out but where a model says which voxels it
// chose: then all these are there. Units whose y_norm is 0 did not vary in training; the lab's files have NaN for
// them, and here they have no weights and the bias 0, so that y_mean is what they predict. Any other weight that
// is not finite is an error. What is returned may share memory with the Folder and must not be changed.
//
// The normalisation of samples (FastL2LiR's spatial_norm) is an argument of prediction that the files do not tell; who
// knows it sets Spatial in a copy.
func (f *Folder) Read(ctx context.Context, from, to int) (*decode.Sparse, error) {
	if from < 0 || to > f.Units() || from >= to {
		return nil, fmt.Errorf("%s: units %d to %d asked of %d", f.dir, from, to-1, f.Units())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	r := newReader(ctx)
	first, last := from/f.per, (to-1)/f.per
	if first == last {
		return f.part(ctx, r, first, from, to)
	}
	out := new(decode.Sparse)
	for c := first; c <= last; c++ {
		s, err := f.part(ctx, r, c, max(from, c*f.per), min(to, (c+1)*f.per))
		if err == nil {
			err = out.Append(s)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// part gives units of one file.
func (f *Folder) part(ctx context.Context, r *reader, c, from, to int) (*decode.Sparse, error) {
	if f.at == c {
		return f.kept.Slice(from, to), nil
	}
	f.kept, f.at = nil, -1 // before the next is read
	m, err := r.open(f.parts[c])
	if err != nil {
		return nil, err
	}
	defer m.close()
	want := slices.Clone(f.shape)
	if len(f.parts) > 1 {
		want[0] = 1
	}
	if m.voxels != f.voxels || !slices.Equal(m.shape, want) {
		return nil, fmt.Errorf("%s: weights of %d voxels for units of shape %v, where the first file has %d and %v: it belongs to other decoders: %w", f.parts[c].w, m.voxels, m.shape, f.voxels, want, ErrFormat)
	}
	if !m.whole && m.most > keepMost {
		return f.load(ctx, m, c, from, to)
	}
	s, err := f.load(ctx, m, c, c*f.per, (c+1)*f.per)
	if err != nil {
		return nil, err
	}
	f.kept, f.at = s, c
	return s.Slice(from, to), nil
}

// load reads units of part c and checks them.
func (f *Folder) load(ctx context.Context, m *model, c, from, to int) (*decode.Sparse, error) {
	base := c * f.per
	// The biases first: they show that there are as many units as a sparse W claims.
	b, err := m.bias()
	if err != nil {
		return nil, err
	}
	if len(b) != f.per {
		return nil, fmt.Errorf("%s: %d biases for %d units: %w", f.parts[c].w, len(b), f.per, ErrFormat)
	}
	s, err := m.rows(ctx, from-base, to-base)
	if err != nil {
		return nil, err
	}
	s.First, s.Voxels, s.B = from, f.voxels, slices.Clone(b[from-base:to-base])
	f.still(s)
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w: train this decoder again on data without NaN: %w", f.parts[c].w, err, ErrFormat)
	}
	return s, nil
}

// still empties units that did not vary in training, whose weights are 0/0.
func (f *Folder) still(s *decode.Sparse) {
	if f.yNorm == nil {
		return
	}
	kept, start := 0, 0
	for u := range s.B {
		end := s.Start[u+1]
		bad := s.B[u]-s.B[u] != 0
		for _, x := range s.W[start:end] {
			bad = bad || x-x != 0
		}
		if bad && f.yNorm[s.First+u] == 0 {
			s.B[u] = 0
		} else {
			copy(s.Index[kept:], s.Index[start:end])
			copy(s.W[kept:], s.W[start:end])
			kept += end - start
		}
		start, s.Start[u+1] = end, kept
	}
	s.Index, s.W = s.Index[:kept], s.W[:kept]
}
