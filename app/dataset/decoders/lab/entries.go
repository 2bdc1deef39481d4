package lab

import (
	"context"
	"fmt"
	"sort"

	"reverie/compute/decode"
)

// coordinates is a sparse array by the indices of its entries.
type coordinates struct {
	path, name string
	shape      []int
	n          int // entries
	background func() (float32, error)
	// block gives indices of each axis and values of entries from … to−1; the indices are not checked.
	block func(from, to int) (axes [][]int64, values []float32, err error)
}

// scan calls fn with every entry's place along the first axis, its number in C order along the others, and its value.
func (c *coordinates) scan(ctx context.Context, fn func(first, rest int, value float32)) error {
	for from := 0; from < c.n; from += entryBlock {
		if err := ctx.Err(); err != nil {
			return err
		}
		axes, values, err := c.block(from, min(from+entryBlock, c.n))
		if err != nil {
			return err
		}
		for i, x := range values {
			rest := 0
			for k, a := range axes {
				if a[i] < 0 || a[i] >= int64(c.shape[k]) {
					of := "unit axis"
					if k == 0 {
						of = "voxel axis"
					}
					return fmt.Errorf("%s: %s: entry %d has the index %d on its %s %d, outside the shape %v: the file is damaged: copy it again: %w", c.path, c.name, from+i, a[i], of, k, c.shape, ErrFormat)
				}
				if k > 0 {
					rest = rest*c.shape[k] + int(a[i])
				}
			}
			fn(int(axes[0][i]), rest, x)
		}
	}
	return nil
}

// rows gives weights of units from … to−1.
func (c *coordinates) rows(ctx context.Context, from, to int) (*decode.Sparse, error) {
	b, err := c.background()
	if err != nil {
		return nil, err
	}
	if b != 0 {
		return nil, fmt.Errorf("%s: %s: all weights that it does not list are %g: only 0 is read: save it as a dense array: %w", c.path, c.name, b, ErrFormat)
	}
	var e entries
	if from == 0 && to == count(c.shape[1:]) && c.n <= keepMost {
		e.room(c.n)
	}
	err = c.scan(ctx, func(voxel, unit int, w float32) {
		if unit >= from && unit < to && w != 0 {
			e.add(voxel, unit, w)
		}
	})
	if err != nil {
		return nil, err
	}
	return e.sparse(c.path, from, to)
}

// full gives the whole array in C order.
func (c *coordinates) full(ctx context.Context) ([]float32, error) {
	n := count(c.shape)
	if n < 0 {
		return nil, tooMany(c.path, c.name, c.shape)
	}
	b, err := c.background()
	if err != nil {
		return nil, err
	}
	out := make([]float32, n)
	for i := range out {
		out[i] = b
	}
	inner := n / c.shape[0]
	return out, c.scan(ctx, func(first, rest int, value float32) { out[first*inner+rest] = value })
}

// entries are weights in any order.
type entries struct {
	voxel, unit []uint32
	w           []float32
}

func (e *entries) room(n int) {
	e.voxel, e.unit, e.w = make([]uint32, 0, n), make([]uint32, 0, n), make([]float32, 0, n)
}

func (e *entries) add(voxel, unit int, w float32) {
	e.voxel, e.unit, e.w = append(e.voxel, uint32(voxel)), append(e.unit, uint32(unit)), append(e.w, w)
}

// entriesOf are those of MATLAB's sparse matrix that are weights of units from … to−1, without zeros.
func entriesOf(voxels, units []int32, w []float32, from, to int) *entries {
	e := new(entries)
	for i, x := range w {
		if u := int(units[i]); x != 0 && u >= from && u < to {
			e.add(int(voxels[i]), int(units[i]), x)
		}
	}
	return e
}

// sparse sorts the weights of units from … to−1, and no others, by unit and voxel.
func (e *entries) sparse(path string, from, to int) (*decode.Sparse, error) {
	units := to - from
	s := &decode.Sparse{Start: make([]int, units+1), Index: make([]uint32, len(e.w)), W: make([]float32, len(e.w))}
	for _, u := range e.unit {
		s.Start[int(u)-from+1]++
	}
	for u := range units {
		s.Start[u+1] += s.Start[u]
	}
	at := append([]int(nil), s.Start[:units]...)
	for i, u := range e.unit {
		k := at[int(u)-from]
		at[int(u)-from]++
		s.Index[k], s.W[k] = e.voxel[i], e.w[i]
	}
	for u := range units {
		row := byVoxel{s.Index[s.Start[u]:s.Start[u+1]], s.W[s.Start[u]:s.Start[u+1]]}
		if !sort.IsSorted(row) { // they are, in C order of the array
			sort.Sort(row)
		}
		for i := 1; i < row.Len(); i++ {
			if row.index[i] == row.index[i-1] {
				return nil, fmt.Errorf("%s: W has two weights for unit %d and voxel %d: the file is damaged: copy it again: %w", path, from+u, row.index[i], ErrFormat)
			}
		}
	}
	return s, nil
}

type byVoxel struct {
	index []uint32
	w     []float32
}

func (r byVoxel) Len() int           { return len(r.index) }
func (r byVoxel) Less(i, j int) bool { return r.index[i] < r.index[j] }
func (r byVoxel) Swap(i, j int) {
	r.index[i], r.index[j] = r.index[j], r.index[i]
	r.w[i], r.w[j] = r.w[j], r.w[i]
}

// check refuses shapes that no weights or biases have.
func (c *coordinates) check() error {
	if len(c.shape) < 1 || len(c.shape) > maxAxes {
		return fmt.Errorf("%s: %s: a shape of %d axes: %w", c.path, c.name, len(c.shape), ErrFormat)
	}
	if c.shape[0] < 1 || c.shape[0] > maxUnits || len(c.shape) > 1 && count(c.shape[1:]) < 0 {
		return tooMany(c.path, c.name, c.shape)
	}
	return nil
}
