package features

import (
	"fmt"

	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
)

const (
	sparseMark = "__bdpy_sparse_arrray" // bdpy's spelling
	maxAxes    = 32
)

// openSparse opens bdpy's sparse array: a struct of background, index, shape and value. Python writes index and shape
// as cells with an entry for each axis, Julia as a matrix [axes][entries], or its transpose, and a vector.
func openSparse(h *hdf5.File, path, name string) (*array, error) {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%s: %s: %s: %w", path, name, fmt.Sprintf(format, args...), ErrFormat)
	}
	if !h.Has(name + "/" + sparseMark) {
		return nil, bad("it is a group and no sparse array of bdpy's, which has a member %s", sparseMark)
	}
	shape64, err := integers(h, name+"/shape")
	if err != nil {
		return nil, err
	}
	if len(shape64) == 0 || len(shape64) > maxAxes {
		return nil, bad("a shape of %d axes", len(shape64))
	}
	shape := make([]int, len(shape64))
	for i, d := range shape64 {
		shape[i] = int(d)
	}
	if n, ok := count(shape); !ok || n > maxUnits {
		return nil, bad("its shape %v has more than %d units", shape, maxUnits)
	}
	return &array{shape: shape, close: h.Close, read: func(from, to int) ([]float32, error) {
		background, err := hdf5.Read[float32](h, name+"/background")
		if err != nil {
			return nil, err
		}
		value, err := hdf5.Read[float32](h, name+"/value")
		if err != nil {
			return nil, err
		}
		if len(background) != 1 {
			return nil, bad("%d background values, one is needed", len(background))
		}
		at, err := positions(h, path, name+"/index", shape, len(value))
		if err != nil {
			return nil, err
		}
		out := make([]float32, to-from)
		for i := range out {
			out[i] = background[0]
		}
		for i, p := range at {
			if p >= from && p < to {
				out[p-from] = value[i]
			}
		}
		return out, nil
	}}, nil
}

// integers reads a vector of whole numbers, or a cell array of single ones.
func integers(h *hdf5.File, name string) ([]int64, error) {
	parts, err := members(h, name)
	if err != nil {
		return nil, err
	}
	var out []int64
	for _, p := range parts {
		v, err := whole(h, p)
		if err != nil {
			return nil, err
		}
		out = append(out, v...)
	}
	return out, nil
}

// members are the names of a cell array's entries, or of the dataset itself when it is none.
func members(h *hdf5.File, name string) ([]string, error) {
	info, err := h.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Class != hdf5.Reference {
		return []string{name}, nil
	}
	if n, ok := count(info.Shape); !ok || n > maxAxes {
		return nil, fmt.Errorf("%s: %s has more than %d entries: %w", h.Path(), name, maxAxes, ErrFormat)
	}
	refs, err := h.Refs(name)
	if err != nil {
		return nil, err
	}
	for _, r := range refs {
		if r == "" {
			return nil, fmt.Errorf("%s: %s has an empty entry: %w", h.Path(), name, ErrFormat)
		}
	}
	return refs, nil
}

// whole reads whole numbers; MATLAB keeps them as doubles where nobody said otherwise.
func whole(h *hdf5.File, name string) ([]int64, error) {
	info, err := h.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Class != hdf5.Float {
		return hdf5.Read[int64](h, name)
	}
	v, err := hdf5.Read[float64](h, name)
	if err != nil {
		return nil, err
	}
	out := make([]int64, len(v))
	for i, x := range v {
		if out[i] = int64(x); x < -1<<53 || x > 1<<53 || float64(out[i]) != x {
			return nil, fmt.Errorf("%s: %s: entry %d is %g, a whole number is needed: %w", h.Path(), name, i+1, x, ErrFormat)
		}
	}
	return out, nil
}

// positions are the row-major positions of the n entries of a sparse array.
func positions(h *hdf5.File, path, name string, shape []int, n int) ([]int, error) {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%s: %s: %s: %w", path, name, fmt.Sprintf(format, args...), ErrFormat)
	}
	parts, err := members(h, name)
	if err != nil {
		return nil, err
	}
	axes := make([][]int64, 0, len(shape))
	for _, p := range parts {
		v, err := whole(h, p)
		if err != nil {
			return nil, err
		}
		axes = append(axes, v)
	}
	// A matrix of one row for each axis.
	if len(parts) == 1 && parts[0] == name {
		info, err := h.Stat(name)
		if err != nil {
			return nil, err
		}
		if axes, err = rowsOf(h, path, name, info.Shape, axes[0], len(shape)); err != nil {
			return nil, err
		}
	}
	if len(axes) != len(shape) {
		return nil, bad("%d axes of indices for the shape %v", len(axes), shape)
	}
	out := make([]int, n)
	for k, v := range axes {
		if len(v) != n {
			return nil, bad("%d indices of axis %d for %d values", len(v), k+1, n)
		}
		for i, x := range v {
			if x < 0 || x >= int64(shape[k]) {
				return nil, bad("index %d of axis %d lies outside the shape %v", x, k+1, shape)
			}
			out[i] = out[i]*shape[k] + int(x)
		}
	}
	return out, nil
}

// rowsOf splits a matrix of indices [axes][entries].
func rowsOf(h *hdf5.File, path, name string, stored []int, v []int64, axes int) ([][]int64, error) {
	l, err := layoutOf(h, path, name, stored)
	if err != nil {
		return nil, err
	}
	if l.matlab != nil {
		v = mat.RowMajor(l.matlab, v)
	}
	if len(l.shape) == 1 && axes == 1 {
		return [][]int64{v}, nil
	}
	if len(l.shape) != 2 || (l.shape[0] != axes && l.shape[1] != axes) {
		return nil, fmt.Errorf("%s: %s: a matrix of shape %v for %d axes: %w", path, name, l.shape, axes, ErrFormat)
	}
	out := make([][]int64, axes)
	n := len(v) / axes
	for k := range out {
		out[k] = make([]int64, n)
		for i := range out[k] {
			if l.shape[0] == axes {
				out[k][i] = v[k*n+i]
			} else {
				out[k][i] = v[i*axes+k]
			}
		}
	}
	return out, nil
}
