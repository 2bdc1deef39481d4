package mat73

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"

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
	refs   bool    // a cell or the struct array whose fields are datasets of references
	sparse int     // rows; -1 when it is full
	text   *string // the content of one of many texts, which is no object of its own
	python []int   // Python.Shape, which may be wrong; nil when it is not there
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
		if a.Problem != "" && strings.HasPrefix(a.Name, "MATLAB_") {
			return nil, fmt.Errorf("attribute %s: %s", a.Name, a.Problem)
		}
		switch a.Name {
		case "MATLAB_class":
			name, ok := a.Value.(string)
			if n.matlab = name != ""; !ok {
				return nil, fmt.Errorf("MATLAB_class is no text; the file is damaged")
			}
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
			if !isInt || v < 0 || v > math.MaxInt32 {
				return nil, fmt.Errorf("a sparse array of %v rows; 2^31-1 are allowed", a.Value)
			}
			n.sparse = int(v)
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
	case h.Kind == hdf5.Group && n.matlab && n.Class != mat.Struct:
		return nil, fmt.Errorf("a group of class %s; the file is damaged", n.Class)
	case h.Kind == hdf5.Group:
		return n, f.describeStruct(n, fields)
	case h.Kind != hdf5.Dataset:
		return nil, fmt.Errorf("it is neither a group nor a dataset")
	}
	return n, f.describeArray(n, fields)
}

// shape is the value of Python.Shape.
func shape(a hdf5.Attribute) []int {
	if a.Problem != "" {
		return nil
	}
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
