package decoders

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"

	"reverie/compute/decode"
	"reverie/compute/format/safetensors"
)

// openStore opens a folder of ours for reading.
func openStore(dir string) (*Store, error) {
	m, err := readMeta(dir)
	if err != nil {
		return nil, err
	}
	return &Store{Meta: *m, dir: dir}, nil
}

// tensors reads what is wanted of a file, by name.
type tensors struct {
	f    *safetensors.File
	path string
	err  error
}

func openTensors(path string) (*tensors, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	return &tensors{f: f, path: path}, nil
}

func (t *tensors) find(name string) *safetensors.Tensor {
	for _, x := range t.f.Tensors {
		if x.Name == name {
			return x
		}
	}
	return nil
}

// values reads values from … to−1 of a tensor that must have n.
func values[T safetensors.Numbers](t *tensors, name string, n, from, to int) []T {
	if t.err != nil {
		return nil
	}
	x := t.find(name)
	switch {
	case x == nil:
		t.err = fmt.Errorf("%s has no %s: train its units again", t.path, name)
		return nil
	case x.Len() != n:
		t.err = fmt.Errorf("%s: %s has %d values, want %d", t.path, name, x.Len(), n)
		return nil
	}
	out, err := safetensors.Values[T](x, from, to)
	t.err = err
	return out
}

// Norms reads the voxels' norms.
func (s *Store) Norms() (Norms, error) {
	t, err := openTensors(filepath.Join(s.dir, normsFile))
	if err != nil {
		return Norms{}, err
	}
	defer t.f.Close()
	n := Norms{Mean: values[float32](t, "x_mean", s.Voxels, 0, s.Voxels), Norm: values[float32](t, "x_norm", s.Voxels, 0, s.Voxels)}
	if t.find("voxel_xyz") != nil {
		n.XYZ = values[float32](t, "voxel_xyz", 3*s.Voxels, 0, 3*s.Voxels)
	}
	return n, t.err
}

// ErrMissing is wrapped when units are not trained yet.
var ErrMissing = errors.New("not trained yet: go on with the training")

// Read reads units from … to−1.
func (s *Store) Read(ctx context.Context, from, to int) (*Chunk, error) {
	if from < 0 || to <= from || to > s.Units() {
		return nil, fmt.Errorf("%s: units %d to %d of %d", s.dir, from, to-1, s.Units())
	}
	out := &Chunk{Weights: &decode.Sparse{}, Accuracy: make([][]float32, len(s.Conditions))}
	for c := from / s.Chunk; c*s.Chunk < to; c++ {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		a, b := s.Range(c)
		if err := s.part(c, max(a, from)-a, min(b, to)-a, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Accuracy reads the correlations of units from … to−1, which must be those of
// one file, [condition][unit].
func (s *Store) Accuracy(ctx context.Context, from, to int) ([][]float32, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	chunk := from / s.Chunk
	first, end := s.Range(chunk)
	t, err := openTensors(s.path(chunk))
	if err != nil {
		return nil, err
	}
	defer t.f.Close()
	out, units := make([][]float32, len(s.Conditions)), end-first
	for k := range out {
		out[k] = values[float32](t, "accuracy", len(out)*units, k*units+from-first, k*units+to-first)
	}
	return out, t.err
}

// EachAccuracy gives the correlations of the trained units, file by file: those
// of units from on, [condition][unit].
func (s *Store) EachAccuracy(ctx context.Context, each func(from int, r [][]float32) error) error {
	for c := range s.Chunks() {
		if !s.Has(c) {
			continue
		}
		from, to := s.Range(c)
		r, err := s.Accuracy(ctx, from, to)
		if err == nil {
			err = each(from, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// part appends units from … to−1, counted in the file.
func (s *Store) part(chunk, from, to int, out *Chunk) error {
	path := s.path(chunk)
	t, err := openTensors(path)
	if err != nil {
		if missing(err) {
			a, b := s.Range(chunk)
			return fmt.Errorf("%s: units %d to %d are %w", s.dir, a, b-1, ErrMissing)
		}
		return err
	}
	defer t.f.Close()
	first, end := s.Range(chunk)
	units := end - first
	start := values[int64](t, "start", units+1, 0, units+1)
	if t.err != nil {
		return t.err
	}
	for u := range units {
		if start[0] != 0 || start[u+1] < start[u] || start[u+1] > int64(units)*int64(s.Voxels) {
			return fmt.Errorf("%s: the weights of unit %d begin at %d and end at %d", path, first+u, start[u], start[u+1])
		}
	}
	n, i, j := int(start[units]), int(start[from]), int(start[to])
	w := &decode.Sparse{First: first + from, Voxels: s.Voxels, Start: make([]int, to-from+1),
		W: values[float32](t, "weight", n, i, j), B: values[float32](t, "bias", units, from, to)}
	for u := range w.Start {
		w.Start[u] = int(start[from+u] - start[from])
	}
	w.Spatial = s.Spatial()
	if s.Voxels <= math.MaxUint16+1 {
		short := values[uint16](t, "voxel", n, i, j)
		w.Index = make([]uint32, len(short))
		for k, v := range short {
			w.Index[k] = uint32(v)
		}
	} else {
		w.Index = values[uint32](t, "voxel", n, i, j)
	}
	out.Mean = append(out.Mean, values[float32](t, "y_mean", units, from, to)...)
	out.Norm = append(out.Norm, values[float32](t, "y_norm", units, from, to)...)
	for k := range s.Conditions {
		out.Accuracy[k] = append(out.Accuracy[k], values[float32](t, "accuracy", len(s.Conditions)*units, k*units+from, k*units+to)...)
	}
	if t.find("iterations") != nil {
		out.Iterations = append(out.Iterations, values[int64](t, "iterations", units, from, to)...)
	}
	if t.err != nil {
		return t.err
	}
	if err := w.Check(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := out.Weights.Append(w); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
