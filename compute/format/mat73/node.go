package mat73

import (
	"fmt"
	"math/bits"
	"slices"

	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
)

// node is an array before its content is read.
type node struct {
	mat.Info
	at     string // its name in the HDF5 file
	h      hdf5.Info
	matlab bool // MATLAB_class is there
	empty  bool
	refs   bool  // a cell or the struct array whose fields are datasets of references
	sparse int   // rows; -1 when it is full
	python []int // Python.Shape; nil when it is not there
}

var classes = map[string]mat.Class{
	"double": mat.Double, "single": mat.Single, "int8": mat.Int8, "uint8": mat.Uint8, "int16": mat.Int16,
	"uint16": mat.Uint16, "int32": mat.Int32, "uint32": mat.Uint32, "int64": mat.Int64, "uint64": mat.Uint64,
	"logical": mat.Uint8, "char": mat.Char, "cell": mat.Cell, "struct": mat.Struct, "function_handle": mat.Function,
	// hdf5storage's name of what MATLAB has not.
	"canonical empty": mat.Double,
}

// node describes the object of a name.
func (f *File) node(at string) (*node, error) {
	h, err := f.h.Stat(at)
	if err != nil {
		return nil, err
	}
	attrs, err := f.h.Attributes(at)
	if err != nil {
		return nil, err
	}
	n := &node{at: at, h: h, sparse: -1}
	var fields []string
	for _, a := range attrs {
		v, isInt := a.Value.(int64)
		switch a.Name {
		case "MATLAB_class":
			name, _ := a.Value.(string)
			n.matlab = name != ""
			n.Logical = name == "logical"
			var known bool
			if n.Class, known = classes[name]; !known {
				n.Class, n.ObjectClass = mat.Opaque, name
			}
		case "MATLAB_object_decode":
			if n.Class != mat.Function {
				n.Class = mat.Opaque
			}
		case "MATLAB_empty", "Python.Empty":
			n.empty = n.empty || isInt && v != 0
		case "MATLAB_global":
			n.Global = isInt && v != 0
		case "MATLAB_sparse":
			if isInt && v >= 0 {
				n.sparse = int(v)
			}
		case "MATLAB_fields":
			fields, _ = a.Value.([]string)
		case "Python.Shape":
			n.python = shape(a)
		}
	}
	if n.ObjectClass != "" {
		n.Class = mat.Opaque
	}
	switch {
	case n.Class == mat.Opaque || n.Class == mat.Function:
		return n, nil
	case h.Kind == hdf5.Group && n.sparse >= 0:
		return n, f.describeSparse(n)
	case h.Kind == hdf5.Group:
		return n, f.describeStruct(n, fields)
	case h.Kind != hdf5.Dataset:
		return nil, fmt.Errorf("it is neither a group nor a dataset")
	}
	return n, f.describeArray(n)
}

func shape(a hdf5.Attribute) []int {
	switch v := a.Value.(type) {
	case []int64:
		out := []int{}
		for _, d := range v {
			out = append(out, int(d))
		}
		return out
	case int64:
		return []int{int(v)}
	}
	return []int{} // of a scalar
}

// describeArray fills in the class and the dimensions of a dataset.
func (f *File) describeArray(n *node) error {
	n.refs = n.h.Class == hdf5.Reference
	if n.empty {
		d, err := hdf5.Read[int64](f.h, n.at)
		if n.python != nil && (err != nil || len(d) < 2) {
			d, err = nil, nil
			for _, v := range n.python {
				d = append(d, int64(v))
			}
		}
		if err != nil {
			return err
		}
		if len(d) > 32 {
			return fmt.Errorf("an empty array of %d dimensions; the file is damaged", len(d))
		}
		for _, v := range d {
			n.Dims = append(n.Dims, int(v))
		}
		for len(n.Dims) < 2 {
			n.Dims = append(n.Dims, 0)
		}
		if !n.matlab {
			n.Class = mat.Double
		}
		if size(n.Dims) != 0 {
			return fmt.Errorf("an empty array of dimensions %v; the file is damaged", n.Dims)
		}
		return nil
	}
	n.Dims = slices.Clone(n.h.Shape)
	if n.matlab {
		slices.Reverse(n.Dims)
	} else {
		n.Class = plainClass(n)
	}
	for len(n.Dims) < 2 {
		if n.matlab && len(n.Dims) == 1 {
			n.Dims = []int{1, n.Dims[0]}
			break
		}
		n.Dims = append(n.Dims, 1)
	}
	n.Complex = complexFields(n.h) != ""
	if n.h.Class == hdf5.Compound && !n.Complex {
		return fmt.Errorf("%w: a compound of fields %v", mat.ErrClass, n.h.Fields)
	}
	return nil
}

// plainClass is the class of a dataset that is not MATLAB's.
func plainClass(n *node) mat.Class {
	switch n.h.Class {
	case hdf5.Bool:
		n.Logical = true
		return mat.Uint8
	case hdf5.Integer, hdf5.Enum:
		signed := []mat.Class{mat.Int8, mat.Int16, mat.Int32, mat.Int64}
		if !n.h.Signed && n.h.Class == hdf5.Integer {
			signed = []mat.Class{mat.Uint8, mat.Uint16, mat.Uint32, mat.Uint64}
		}
		return signed[min(3, bits.Len(uint(max(1, n.h.Bytes)-1)))]
	case hdf5.Float, hdf5.Compound:
		if n.h.Bytes <= 4 || n.h.Class == hdf5.Compound && n.h.Bytes <= 8 {
			return mat.Single
		}
		return mat.Double
	case hdf5.String:
		if len(n.h.Shape) == 0 {
			return mat.Char
		}
		return mat.Cell
	case hdf5.Reference:
		return mat.Cell
	}
	return mat.Opaque
}

// complexFields is "real" or "r" where a compound is complex numbers.
func complexFields(h hdf5.Info) string {
	for _, pair := range [][2]string{{"real", "imag"}, {"r", "i"}} {
		if slices.Equal(h.Fields, pair[:]) {
			return pair[0]
		}
	}
	return ""
}

// describeStruct finds the fields of a struct, and whether it is an array: then all fields are references.
func (f *File) describeStruct(n *node, fields []string) error {
	n.Class = mat.Struct
	n.Dims = []int{1, 1}
	list, err := f.h.List(n.at)
	if err != nil {
		return err
	}
	have := map[string]hdf5.Info{}
	for _, i := range list {
		have[i.Name] = i
	}
	for _, name := range fields {
		if _, ok := have[name]; ok && !slices.Contains(n.Fields, name) {
			n.Fields = append(n.Fields, name)
		}
	}
	if len(n.Fields) != len(list) { // no MATLAB_fields, or a wrong one
		n.Fields = nil
		for _, i := range list {
			n.Fields = append(n.Fields, i.Name)
		}
	}
	array := n.matlab && len(n.Fields) > 0
	for _, i := range list {
		array = array && i.Kind == hdf5.Dataset && i.Class == hdf5.Reference && slices.Equal(i.Shape, list[0].Shape)
	}
	if !array {
		return nil
	}
	for _, name := range n.Fields {
		if class, err := f.h.Attr(n.at+"/"+name, "MATLAB_class"); err != nil || class != nil {
			return err // a cell, so the struct is one
		}
	}
	n.refs = true
	n.Dims = slices.Clone(list[0].Shape)
	slices.Reverse(n.Dims)
	for len(n.Dims) < 2 {
		n.Dims = append(n.Dims, 1)
	}
	return nil
}

func (f *File) describeSparse(n *node) error {
	jc, err := f.h.Stat(n.at + "/jc")
	if err != nil {
		return err
	}
	n.Class = mat.Sparse
	n.Dims = []int{n.sparse, max(0, size(jc.Shape)-1)}
	return nil
}

// size multiplies dimensions, -1 when they are absurd.
func size(dims []int) int {
	n := 1
	for _, d := range dims {
		if d < 0 || d > 0 && n > 1<<56/d {
			return -1
		}
		n *= d
	}
	return n
}
