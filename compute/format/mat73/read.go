package mat73

import (
	"fmt"
	"os"
	"strings"

	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
)

const (
	maxDepth  = 64
	maxItems  = 1 << 22 // arrays of one read
	maxFields = 1 << 14 // of a struct that is read whole

	// What one read may make of a file, as package hdf5 holds it for a single dataset.
	spare = 256 << 20 // bytes
	ratio = 200       // times the size of the file, and that on top
)

// Read reads the variable, field or cell that a path names, whole. A path is written as in MATLAB: name,
// name.field, name{3}, name{1,3}, name(2).field, and on from there. Indices count from 1.
func (f *File) Read(path string) (*mat.Array, error) {
	n, err := f.find(path)
	if err != nil {
		return nil, f.errorf(path, err)
	}
	st, err := os.Stat(f.h.Path())
	if err != nil {
		return nil, f.errorf(path, err)
	}
	w := walk{f: f, done: map[uint64]*mat.Array{}, named: map[string]*mat.Array{}, left: spare + ratio*min(st.Size(), 1<<50)}
	a, err := w.array(n, 0)
	if err != nil {
		return nil, f.errorf(path+w.place(), err)
	}
	top := *a
	top.Name = path
	return &top, nil
}

// walk reads an array with all it holds.
type walk struct {
	f     *File
	trail []string // the members on the way to what is being read, as in a path
	items int
	left  int64                 // bytes that may still be read
	done  map[uint64]*mat.Array // by address; nil while being read
	named map[string]*mat.Array // by name, which saves asking for the address
}

func (w *walk) array(n *node, depth int) (*mat.Array, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("cells and structs stand more than %d deep", maxDepth)
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
	// What stands at the top alone, package hdf5 judges; its caller may allow more.
	if w.left -= w.bytes(n); depth > 0 && w.left < 0 {
		return nil, fmt.Errorf("what it holds is much larger than the file accounts for: read it member by member")
	}
	a, err := w.content(n, depth)
	if err != nil {
		return nil, err
	}
	a.Info = n.Info
	if n.Class == mat.Sparse { // Read gives it full
		a.Class = mat.Double
		if n.Logical {
			a.Class = mat.Uint8
		}
	}
	if n.h.Address != 0 {
		w.done[n.h.Address] = a
	}
	return a, nil
}

// bytes is what an array takes in memory when it is read.
func (w *walk) bytes(n *node) int64 {
	switch {
	case n.empty || n.Class == mat.Opaque || n.Class == mat.Function || n.Class == mat.Struct:
		return 0
	case n.Class == mat.Sparse:
		return saturate(size(n.Dims), 8)
	}
	return saturate(size(n.Dims), n.h.Bytes)
}

func saturate(n, bytes int) int64 {
	if n < 0 || n > 1<<50/max(1, bytes) {
		return 1 << 50
	}
	return int64(n) * int64(bytes)
}

func (w *walk) content(n *node, depth int) (*mat.Array, error) {
	h, at := w.f.h, n.at
	switch n.Class {
	case mat.Cell:
		if n.ofTexts() {
			texts, err := w.f.texts(n)
			if err != nil {
				return nil, err
			}
			items := make([]*mat.Array, len(texts))
			for i, s := range texts {
				items[i] = mat.Text(s)
			}
			return mat.Cells(n.Dims, items)
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
		if len(items) == 0 {
			names = nil // as many as it likes where there are no elements
		}
		return mat.Structs(n.Dims, names, items)
	case mat.Sparse:
		return w.f.full(n)
	case mat.Opaque, mat.Function: // named only: its methods answer mat.ErrClass
		return &mat.Array{}, nil
	case mat.Char:
		switch {
		case n.text != nil:
			return mat.Text(*n.text), nil
		case n.empty:
			return mat.Text(""), nil
		case n.h.Class == hdf5.String:
			s, err := h.Strings(at)
			if err != nil {
				return nil, err
			}
			text := mat.Text(strings.Join(s, ""))
			n.Dims = text.Dims
			return text, nil
		case n.h.Bytes == 1:
			return numeric[uint8](w.f, n)
		case n.h.Bytes == 2:
			return numeric[uint16](w.f, n)
		}
		return numeric[uint32](w.f, n)
	}
	if n.empty {
		return mat.Numeric(n.Dims, []float64{})
	}
	if part := complexFields(n.h); part != "" {
		return w.complex(n, part)
	}
	return w.numbers(n)
}

func (w *walk) children(n *node, depth int) ([]*mat.Array, error) {
	if n.empty {
		return nil, nil
	}
	if len(n.Fields) > maxFields {
		return nil, fmt.Errorf("a struct of %d fields; %d are read at once: read it field by field", len(n.Fields), maxFields)
	}
	names, err := w.f.children(n, maxItems-w.items)
	if err != nil {
		return nil, err
	}
	w.items += len(names)
	items := make([]*mat.Array, len(names))
	for i, name := range names {
		if name == "" {
			if items[i], err = mat.Numeric([]int{0, 0}, []float64{}); err != nil {
				return nil, err
			}
			continue
		}
		if items[i] = w.named[name]; items[i] != nil {
			continue
		}
		w.trail = append(w.trail, member(n, i))
		child, err := w.f.node(name)
		if err == nil {
			items[i], err = w.array(child, depth+1)
		}
		w.named[name] = items[i]
		if err != nil {
			return nil, err
		}
		w.trail = w.trail[:len(w.trail)-1]
	}
	return items, nil
}

// place is where in the array the walk stopped, as in a path.
func (w *walk) place() string {
	if most := 10; len(w.trail) > most {
		return strings.Join(w.trail[:most], "") + "…"
	}
	return strings.Join(w.trail, "")
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
