package lab

import (
	"context"
	"fmt"
	"slices"

	"reverie/compute/decode"
	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
	"reverie/compute/format/mat73"
)

// find opens a file and describes a variable of it.
func (r *reader) find(path, name string) (*hdf5.File, hdf5.Info, error) {
	h, err := r.h5.Open(path)
	if err != nil {
		return nil, hdf5.Info{}, err
	}
	info, err := stat(h, path, name)
	if err != nil {
		h.Close()
		return nil, info, err
	}
	return h, info, nil
}

func stat(h *hdf5.File, path, name string) (hdf5.Info, error) {
	if h.Has(name) {
		return h.Stat(name)
	}
	children, err := h.List("/")
	if err != nil {
		return hdf5.Info{}, err
	}
	var names []string
	for _, c := range children[:min(len(children), 20)] {
		names = append(names, c.Name)
	}
	return hdf5.Info{}, noVariable(path, name, names)
}

// openHDF5 opens weights in a file of version 7.3 or plain HDF5.
func (r *reader) openHDF5(path, name string) (*model, error) {
	h, info, err := r.find(path, name)
	if err != nil {
		return nil, err
	}
	m := &model{close: func() { h.Close() }}
	if err := m.describe(h, info, path, name); err != nil {
		h.Close()
		return nil, err
	}
	return m, nil
}

func (m *model) describe(h *hdf5.File, info hdf5.Info, path, name string) error {
	if info.Kind != hdf5.Group {
		l, err := layoutOf(h, path, name, info)
		if err != nil {
			return err
		}
		if err := m.fits(path, l.shape); err != nil {
			return err
		}
		m.most = m.voxels * count(m.shape)
		m.rows = func(ctx context.Context, from, to int) (*decode.Sparse, error) { return l.rows(ctx, h, name, from, to) }
		return nil
	}
	rows, err := h.Attr(name, "MATLAB_sparse")
	if err != nil {
		return err
	}
	if rows != nil {
		f, err := mat73.New(h)
		if err != nil {
			return err
		}
		e, err := f.Sparse(name)
		if err != nil {
			return err
		}
		m.whole = true
		m.rows = func(_ context.Context, from, to int) (*decode.Sparse, error) {
			w := make([]float32, len(e.Values))
			for i, x := range e.Values {
				w[i] = float32(x)
			}
			return entriesOf(e.Rows, e.Cols, w, from, to).sparse(path, from, to)
		}
		return m.fits(path, e.Dims)
	}
	c, err := sparse73(h, path, name)
	if err != nil {
		return err
	}
	m.most, m.rows = c.n, c.rows
	return m.fits(path, c.shape)
}

// layout is how the elements of a stored dataset make an array.
type layout struct {
	shape    []int
	stored   []int
	reversed bool // the stored axes are those of shape from the last to the first
}

// layoutOf follows what MATLAB and hdf5storage do: MATLAB_class tells that the axes are reversed, Python.Shape what the
// array's shape was before axes of length 1 were added.
func layoutOf(h *hdf5.File, path, name string, info hdf5.Info) (*layout, error) {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%s: %s: %s: %w", path, name, fmt.Sprintf(format, args...), ErrFormat)
	}
	if info.Kind != hdf5.Dataset || info.Class != hdf5.Float && info.Class != hdf5.Integer {
		return nil, bad("it holds no numbers, or bdpy's sparse array, but a %s of class %s", info.Kind, info.Class)
	}
	empty, err := isEmpty(h, name)
	if err != nil {
		return nil, err
	}
	if empty {
		return nil, bad("it is empty")
	}
	total := 1
	for _, d := range info.Shape {
		total *= d // it fits: package hdf5 has seen to that
	}
	if err := claims(path, name, info, total); err != nil {
		return nil, err
	}
	l := &layout{shape: slices.Clone(info.Shape), stored: info.Shape}
	class, err := h.Attr(name, "MATLAB_class")
	if err != nil {
		return nil, err
	}
	if class != nil && len(info.Shape) > 1 {
		l.reversed = true
		slices.Reverse(l.shape)
	}
	python, err := h.Attr(name, "Python.Shape")
	if err != nil {
		return nil, err
	}
	if v, ok := python.([]int64); ok && len(v) <= maxAxes {
		shape := make([]int, len(v))
		for i, d := range v {
			shape[i] = int(d)
		}
		if !slices.Equal(long(shape), long(l.shape)) {
			return nil, bad("it is stored as %v but its attribute Python.Shape says %v: the file is damaged", info.Shape, shape)
		}
		l.shape = shape
	}
	return l, nil
}

func isEmpty(h *hdf5.File, name string) (bool, error) {
	for _, a := range []string{"MATLAB_empty", "Python.Empty"} {
		v, err := h.Attr(name, a)
		if err != nil {
			return false, err
		}
		if n, ok := v.(int64); ok && n != 0 {
			return true, nil
		}
	}
	return false, nil
}

// rows reads weights of units from … to−1 box by box.
func (l *layout) rows(ctx context.Context, h *hdf5.File, name string, from, to int) (*decode.Sparse, error) {
	voxels, units := l.shape[0], l.shape[1:]
	if len(l.stored) != len(l.shape) {
		return nil, fmt.Errorf("%s: %s is stored as %v for the shape %v: %w", h.Path(), name, l.stored, l.shape, ErrFormat)
	}
	s := &decode.Sparse{Voxels: voxels, Start: []int{0}}
	for _, b := range boxes(units, from, to, max(1, denseBlock/voxels)) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		start, extent := append([]int{0}, b.start...), append([]int{voxels}, b.extent...)
		var d *dense
		var w []float32
		at := func(i int) float32 { return w[i] }
		if l.reversed {
			d = fortran(slices.Clone(extent), at)
			slices.Reverse(start)
			slices.Reverse(extent)
		} else {
			d = rowMajor(extent, at)
		}
		var err error
		if w, err = hdf5.ReadBlock[float32](h, name, start, extent); err != nil {
			return nil, err
		}
		d.append(s, max(from, b.from)-b.from, min(to, b.to)-b.from)
	}
	return s, nil
}

// rowMajor are weights whose last axis is the fastest.
func rowMajor(dims []int, at func(i int) float32) *dense {
	d := &dense{at: at, voxels: dims[0], shape: dims[1:], strides: make([]int, len(dims)-1)}
	step := 1
	for k := len(d.shape) - 1; k >= 0; k-- {
		d.strides[k] = step
		step *= d.shape[k]
	}
	d.vstride = step
	return d
}

// arrayHDF5 reads biases or norms whole, in C order.
func (r *reader) arrayHDF5(path, name string) ([]int, []float32, error) {
	h, info, err := r.find(path, name)
	if err != nil {
		return nil, nil, err
	}
	defer h.Close()
	if info.Kind == hdf5.Group {
		c, err := sparse73(h, path, name)
		if err != nil {
			return nil, nil, err
		}
		v, err := c.full(r.ctx)
		return c.shape, v, err
	}
	l, err := layoutOf(h, path, name, info)
	if err != nil {
		return nil, nil, err
	}
	if count(info.Shape) < 0 {
		return nil, nil, tooMany(path, name, info.Shape)
	}
	v, err := hdf5.Read[float32](h, name)
	if err == nil && l.reversed {
		dims := slices.Clone(l.stored)
		slices.Reverse(dims)
		v = mat.RowMajor(dims, v)
	}
	return l.shape, v, err
}
