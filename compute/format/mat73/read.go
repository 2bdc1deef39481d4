package mat73

import (
	"fmt"
	"strings"

	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
)

const (
	maxDepth = 64
	maxFull  = 1 << 28 // elements of a sparse array that is filled up
	maxItems = 1 << 22 // arrays of one read
)

// Read reads the variable, field or cell that a path names, whole. A path is written as in MATLAB: name,
// name.field, name{3}, name{1,3}, name(2).field, and on from there. Indices count from 1.
func (f *File) Read(path string) (*mat.Array, error) {
	n, err := f.find(path)
	if err != nil {
		return nil, f.errorf(path, err)
	}
	w := walk{f: f, done: map[uint64]*mat.Array{}}
	a, err := w.array(n, 0)
	if err != nil {
		return nil, f.errorf(path, err)
	}
	top := *a
	top.Name = path
	return &top, nil
}

// walk reads an array with all it holds.
type walk struct {
	f     *File
	items int
	done  map[uint64]*mat.Array // by address; nil while being read
}

func (w *walk) array(n *node, depth int) (*mat.Array, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("cells and structs stand more than %d deep", maxDepth)
	}
	if w.items++; w.items > maxItems {
		return nil, fmt.Errorf("it holds more than %d arrays", maxItems)
	}
	if n.h.Address != 0 {
		if a, known := w.done[n.h.Address]; known {
			if a == nil {
				return nil, fmt.Errorf("it holds itself; the file is damaged")
			}
			return a, nil
		}
		w.done[n.h.Address] = nil
	}
	a, err := w.content(n, depth)
	if err != nil {
		return nil, err
	}
	fields := a.Fields
	a.Info = n.Info
	if n.Class == mat.Sparse { // Read gives it full
		a.Class = mat.Double
		if n.Logical {
			a.Class = mat.Uint8
		}
	}
	if n.Class == mat.Struct && n.Fields == nil {
		a.Fields = fields
	}
	if n.h.Address != 0 {
		w.done[n.h.Address] = a
	}
	return a, nil
}

func (w *walk) content(n *node, depth int) (*mat.Array, error) {
	h, at := w.f.h, n.at
	switch n.Class {
	case mat.Cell:
		if n.h.Class == hdf5.String && !n.empty {
			return w.texts(n)
		}
		items, err := w.children(n, depth)
		if err != nil {
			return nil, err
		}
		return mat.Cells(n.Dims, items)
	case mat.Struct:
		items, err := w.children(n, depth)
		if err != nil {
			return nil, err
		}
		names := make([]string, len(n.Fields)) // those of plain HDF5 may be none of MATLAB's
		for i := range names {
			names[i] = fmt.Sprintf("f%d", i)
		}
		return mat.Structs(n.Dims, names, items)
	case mat.Sparse:
		return w.f.full(n)
	case mat.Opaque, mat.Function:
		return nil, fmt.Errorf("%w: %s", mat.ErrClass, n.Kind())
	case mat.Char:
		if n.h.Class == hdf5.String && !n.empty {
			s, err := h.Strings(at)
			if err != nil {
				return nil, err
			}
			text := mat.Text(strings.Join(s, ""))
			n.Dims = text.Dims
			return text, nil
		}
	}
	if n.empty {
		return mat.Numeric(n.Dims, []float64{})
	}
	if part := complexFields(n.h); part != "" {
		return w.complex(n, part)
	}
	return w.numbers(n)
}

func (w *walk) texts(n *node) (*mat.Array, error) {
	s, err := w.f.h.Strings(n.at)
	if err != nil {
		return nil, err
	}
	items := make([]*mat.Array, len(s))
	for i, t := range s {
		items[i] = mat.Text(t)
	}
	return mat.Cells(n.Dims, mat.ColumnMajor(n.Dims, items))
}

func (w *walk) children(n *node, depth int) ([]*mat.Array, error) {
	if n.empty {
		return nil, nil
	}
	names, err := w.f.children(n)
	if err != nil {
		return nil, err
	}
	items := make([]*mat.Array, len(names))
	for i, name := range names {
		if name == "" {
			if items[i], err = mat.Numeric([]int{0, 0}, []float64{}); err != nil {
				return nil, err
			}
			continue
		}
		child, err := w.f.node(name)
		if err == nil {
			items[i], err = w.array(child, depth+1)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", member(n, i), err)
		}
	}
	return items, nil
}

// member is how a child is called in messages.
func member(n *node, i int) string {
	if n.Class == mat.Cell {
		return fmt.Sprintf("{%d}", i+1)
	}
	return "." + n.Fields[i%len(n.Fields)]
}

func (w *walk) complex(n *node, real string) (*mat.Array, error) {
	imag := map[string]string{"real": "imag", "r": "i"}[real]
	re, err := hdf5.ReadField[float64](w.f.h, n.at, real)
	if err != nil {
		return nil, err
	}
	im, err := hdf5.ReadField[float64](w.f.h, n.at, imag)
	if err != nil {
		return nil, err
	}
	v := make([]complex128, len(re))
	for i := range v {
		v[i] = complex(re[i], im[i])
	}
	return mat.Complex(n.Dims, order(n, v))
}

// order turns what is stored in C order into MATLAB's.
func order[T any](n *node, v []T) []T {
	if n.matlab {
		return v
	}
	return mat.ColumnMajor(n.Dims, v)
}

func (w *walk) numbers(n *node) (*mat.Array, error) {
	kind := n.h.Class
	if kind == hdf5.Bool || kind == hdf5.Enum {
		return numeric[uint8](w.f, n)
	}
	if kind == hdf5.Float {
		if n.h.Bytes <= 4 {
			return numeric[float32](w.f, n)
		}
		return numeric[float64](w.f, n)
	}
	switch {
	case n.h.Signed && n.h.Bytes == 1:
		return numeric[int8](w.f, n)
	case n.h.Signed && n.h.Bytes == 2:
		return numeric[int16](w.f, n)
	case n.h.Signed && n.h.Bytes <= 4:
		return numeric[int32](w.f, n)
	case n.h.Signed:
		return numeric[int64](w.f, n)
	case n.h.Bytes == 1:
		return numeric[uint8](w.f, n)
	case n.h.Bytes == 2:
		return numeric[uint16](w.f, n)
	case n.h.Bytes <= 4:
		return numeric[uint32](w.f, n)
	}
	return numeric[uint64](w.f, n)
}

func numeric[T mat.Number](f *File, n *node) (*mat.Array, error) {
	v, err := hdf5.Read[T](f.h, n.at)
	if err != nil {
		return nil, err
	}
	return mat.Numeric(n.Dims, order(n, v))
}
