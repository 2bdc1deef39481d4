package features

import (
	"fmt"
	"slices"

	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
)

// opener opens HDF5 files, in this process or guarded.
type opener func(path string) (*hdf5.File, error)

// openHDF5 opens a variable of a MAT-file of version 7.3 or of plain HDF5.
func openHDF5(path, name string, h5 opener) (*array, error) {
	h, err := h5(path)
	if err != nil {
		return nil, err
	}
	a, err := h5Array(h, path, name)
	if err != nil {
		h.Close()
		return nil, err
	}
	return a, nil
}

func h5Array(h *hdf5.File, path, name string) (*array, error) {
	if !h.Has(name) {
		children, err := h.List("/")
		if err != nil {
			return nil, err
		}
		var names []string
		for _, c := range children {
			names = append(names, c.Name)
		}
		return nil, noVariable(path, name, names)
	}
	info, err := h.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Kind == hdf5.Group {
		return openSparse(h, path, name)
	}
	if info.Class != hdf5.Float && info.Class != hdf5.Integer {
		return nil, fmt.Errorf("%s: %s holds values of class %s, numbers are needed: %w", path, name, info.Class, ErrFormat)
	}
	l, err := layoutOf(h, path, name, info.Shape)
	if err != nil {
		return nil, err
	}
	return &array{shape: l.shape, close: h.Close, read: func(from, to int) ([]float32, error) {
		if len(info.Shape) == 0 {
			return hdf5.Read[float32](h, name)
		}
		if l.matlab == nil {
			start, extent, skip := block(info.Shape, from, to)
			v, err := hdf5.ReadBlock[float32](h, name, start, extent)
			return trim(v, err, skip, to-from)
		}
		start, extent, skip := block(l.matlab, from, to)
		slices.Reverse(start)
		v, err := hdf5.ReadBlock[float32](h, name, start, reversed(extent))
		if err != nil {
			return nil, err
		}
		return trim(mat.RowMajor(extent, v), nil, skip, to-from)
	}}, nil
}

func reversed(v []int) []int {
	v = slices.Clone(v)
	slices.Reverse(v)
	return v
}

// block is the smallest block of an array of the shape, whole but for the first axis longer than 1, that holds its
// row-major elements [from, to), and how many elements of it come before them.
func block(shape []int, from, to int) (start, extent []int, skip int) {
	start, extent = make([]int, len(shape)), slices.Clone(shape)
	axis := 0
	for axis < len(shape)-1 && shape[axis] == 1 {
		axis++
	}
	inner, _ := count(shape[axis+1:])
	start[axis] = from / inner
	extent[axis] = (to+inner-1)/inner - start[axis]
	return start, extent, from - start[axis]*inner
}

func trim(v []float32, err error, skip, n int) ([]float32, error) {
	if err != nil {
		return nil, err
	}
	return v[skip : skip+n], nil
}

// layout73 is how the elements of a stored dataset make an array.
type layout73 struct {
	matlab []int // dimensions in MATLAB's order where the stored axes are reversed, else nil
	shape  []int
}

// layoutOf follows what MATLAB and hdf5storage do: MATLAB_class tells that the axes are reversed, Python.Shape
// what the array's shape was before it was given two axes.
func layoutOf(h *hdf5.File, path, name string, stored []int) (layout73, error) {
	var l layout73
	attrs := map[string]any{}
	for _, a := range []string{"MATLAB_class", "MATLAB_empty", "Python.Empty", "Python.Shape"} {
		v, err := h.Attr(name, a)
		if err != nil {
			return l, err
		}
		attrs[a] = v
	}
	for _, a := range []string{"MATLAB_empty", "Python.Empty"} {
		if n, ok := attrs[a].(int64); ok && n != 0 {
			l.shape = []int{0}
			return l, nil
		}
	}
	l.shape = slices.Clone(stored)
	if attrs["MATLAB_class"] != nil && len(stored) >= 2 {
		slices.Reverse(l.shape)
		l.matlab = slices.Clone(l.shape)
	}
	if python, ok := attrs["Python.Shape"].([]int64); ok {
		shape := make([]int, len(python))
		for i, d := range python {
			shape[i] = int(d)
		}
		n, valid := count(shape)
		if want, ok := count(stored); !ok || !valid || n != want {
			return l, fmt.Errorf("%s: %s is stored as %v but its attribute Python.Shape says %v; the file is damaged: %w", path, name, stored, shape, ErrFormat)
		}
		l.shape = shape
	}
	return l, nil
}
