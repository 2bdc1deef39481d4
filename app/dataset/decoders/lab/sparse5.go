package lab

import (
	"fmt"

	"reverie/compute/format/mat"
)

const sparseMark = "__bdpy_sparse_arrray" // bdpy's spelling

// sparse5 reads bdpy's sparse array from a file of version 5.
func sparse5(f *mat.File, path, name string) (*coordinates, error) {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%s: %s: %s: %w", path, name, fmt.Sprintf(format, args...), ErrFormat)
	}
	a, err := f.Read(name)
	if err != nil {
		return nil, err
	}
	part := func(field string) *mat.Array {
		v, e := a.Field(0, field)
		if e != nil && err == nil {
			err = bad("it is a struct and no sparse array of bdpy's: %v", e)
		}
		return v
	}
	_, shape, index, value, background := part(sparseMark), part("shape"), part("index"), part("value"), part("background")
	if err != nil {
		return nil, err
	}
	lists := func(a *mat.Array) ([][]int64, error) {
		if a.Class != mat.Cell {
			v, err := a.Int64()
			return [][]int64{v}, err
		}
		cells, err := a.Cells()
		if err != nil || len(cells) > maxAxes {
			return nil, bad("%d axes", len(cells))
		}
		var out [][]int64
		for _, c := range cells {
			v, err := c.Int64()
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	}
	sizes, err := lists(shape)
	if err != nil {
		return nil, bad("its shape: %v", err)
	}
	c := &coordinates{path: path, name: name}
	for _, s := range sizes {
		for _, d := range s {
			c.shape = append(c.shape, int(d))
		}
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	axes, err := lists(index)
	if err != nil {
		return nil, bad("its index: %v", err)
	}
	if index.Class != mat.Cell {
		axes = matrix(axes[0], index.Dims, len(c.shape))
	}
	w, err := value.Float32()
	if err != nil {
		return nil, bad("its values: %v", err)
	}
	b, err := background.Float32()
	if err != nil || len(b) != 1 {
		return nil, bad("one background value is needed")
	}
	c.n = len(w)
	c.background = func() (float32, error) { return b[0], nil }
	if len(axes) != len(c.shape) {
		return nil, bad("its indices have the shape %v, its shape has %d axes", index.Dims, len(c.shape))
	}
	for k, v := range axes {
		if len(v) != c.n {
			return nil, bad("%d indices of axis %d for %d values", len(v), k, c.n)
		}
	}
	c.block = func(from, to int) ([][]int64, []float32, error) {
		out := make([][]int64, len(axes))
		for k := range axes {
			out[k] = axes[k][from:to]
		}
		return out, w[from:to], nil
	}
	return c, nil
}

// matrix cuts MATLAB's matrix [axes,entries], or its transpose, into axes.
func matrix(v []int64, dims []int, axes int) [][]int64 {
	if len(dims) != 2 || dims[0] != axes && dims[1] != axes {
		return nil
	}
	out := make([][]int64, axes)
	n := len(v) / axes
	for k := range out {
		if dims[0] != axes {
			out[k] = v[k*n : (k+1)*n]
			continue
		}
		out[k] = make([]int64, n)
		for i := range out[k] {
			out[k][i] = v[i*axes+k]
		}
	}
	return out
}
