package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"reverie/compute/decode"
	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
)

// reader opens files of one folder; HDF5 in guarded children that it shares out.
type reader struct {
	ctx context.Context
	h5  *hdf5.Reader
}

func newReader(ctx context.Context) *reader { return &reader{ctx, hdf5.NewReader(ctx)} }

// open opens a file of weights and, of .mat files, its biases.
func (r *reader) open(p part) (*model, error) {
	if strings.HasSuffix(p.w, pickleEnd) {
		return openPickle(p.w)
	}
	m, err := r.openMat(p.w)
	if err != nil {
		return nil, err
	}
	m.method = "FastL2LiR" // of no other model bdpy writes W and b
	m.bias = func() ([]float32, error) {
		shape, v, err := r.array(p.b, "b")
		if err == nil && !slices.Equal(long(shape), long(m.shape)) {
			err = fmt.Errorf("%s: b of shape %v does not fit the units %v of %s: the two belong to different trainings: %w", p.b, shape, m.shape, p.w, ErrFormat)
		}
		return v, err
	}
	return m, nil
}

// long is a shape without the axes of length 1.
func long(shape []int) []int {
	return slices.DeleteFunc(slices.Clone(shape), func(d int) bool { return d == 1 })
}

func (r *reader) openMat(path string) (*model, error) {
	const name = "W"
	f, err := mat.Open(path)
	if errors.Is(err, mat.ErrHDF5) {
		return r.openHDF5(path, name)
	}
	if err != nil {
		return nil, err
	}
	m, err := open5(f, path, name)
	if err != nil {
		f.Close()
		return nil, err
	}
	m.close = func() { f.Close() }
	return m, nil
}

// open5 finds the weights in a file of version 5.
func open5(f *mat.File, path, name string) (*model, error) {
	v, err := variable(f, path, name)
	if err != nil {
		return nil, err
	}
	m := &model{whole: true}
	if v.Class == mat.Struct {
		s, err := sparse5(f, path, name)
		if err != nil {
			return nil, err
		}
		m.rows = s.rows
		return m, m.fits(path, s.shape)
	}
	if err := m.fits(path, v.Dims); err != nil {
		return nil, err
	}
	m.rows = func(_ context.Context, from, to int) (*decode.Sparse, error) {
		a, err := f.Read(name)
		if err != nil {
			return nil, err
		}
		if a.Class == mat.Sparse {
			rows, cols, values, err := a.Entries()
			if err != nil {
				return nil, err
			}
			w, err := values.Float32()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			return entriesOf(rows, cols, w, from, to).sparse(path, from, to)
		}
		w, err := a.Float32()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		d := fortran(a.Dims, func(i int) float32 { return w[i] })
		return d.sparse(from, to), nil
	}
	return m, nil
}

// fits takes the shape [voxels,unit…] of weights.
func (m *model) fits(path string, shape []int) error {
	switch {
	case len(shape) < 2 || len(shape) > maxAxes:
		return fmt.Errorf("%s: W has the shape %v, [voxels,unit…] is expected: %w", path, shape, ErrFormat)
	case shape[0] < 1 || shape[0] > maxVoxels:
		return fmt.Errorf("%s: W has the shape %v, %d voxels at most are expected on its first axis: %w", path, shape, maxVoxels, ErrFormat)
	case count(shape[1:]) < 0:
		return fmt.Errorf("%s: W has the shape %v, between 1 and %d units are expected: %w", path, shape, maxUnits, ErrFormat)
	}
	m.voxels, m.shape = shape[0], slices.Clone(shape[1:])
	return nil
}

// variable finds a variable of a file of version 5.
func variable(f *mat.File, path, name string) (mat.Info, error) {
	var names []string
	for _, v := range f.Variables() {
		if v.Name == name {
			return v, nil
		}
		names = append(names, v.Name)
	}
	return mat.Info{}, noVariable(path, name, names)
}

func noVariable(path, name string, has []string) error {
	return fmt.Errorf("%s has no variable %s; it has %s: %w", path, name, strings.Join(has, ", "), ErrFormat)
}

// array reads biases or norms whole, in C order. A leading axis of length 1 stays.
func (r *reader) array(path, name string) ([]int, []float32, error) {
	f, err := mat.Open(path)
	if errors.Is(err, mat.ErrHDF5) {
		return r.arrayHDF5(path, name)
	}
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	i, err := variable(f, path, name)
	if err != nil {
		return nil, nil, err
	}
	if i.Class == mat.Struct {
		s, err := sparse5(f, path, name)
		if err != nil {
			return nil, nil, err
		}
		v, err := s.full(r.ctx)
		return s.shape, v, err
	}
	if count(i.Dims) < 0 {
		return nil, nil, tooMany(path, name, i.Dims)
	}
	a, err := f.Read(name)
	if err == nil && a.Class == mat.Sparse {
		a, err = a.Full()
	}
	if err != nil {
		return nil, nil, err
	}
	v, err := a.Float32()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return i.Dims, mat.RowMajor(i.Dims, v), nil
}

func tooMany(path, name string, shape []int) error {
	return fmt.Errorf("%s: %s has the shape %v, between 1 and %d numbers are expected: %w", path, name, shape, maxUnits, ErrFormat)
}
