package mat73

import (
	"fmt"
	"math"
	"slices"

	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
)

// maxDims bounds the dimensions of an array.
const maxDims = 32

// describeArray fills in the class and the dimensions of a dataset.
func (f *File) describeArray(n *node, fields []string) error {
	n.refs = n.h.Class == hdf5.Reference
	if n.empty {
		return f.describeEmpty(n, fields)
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
	total := size(n.Dims)
	if total < 0 {
		return fmt.Errorf("dimensions %v have more than 2^56 elements; the file is damaged", n.Dims)
	}
	if n.Class == mat.Char && n.python != nil && len(n.python) == 0 {
		n.Dims = []int{1, total} // hdf5storage sets a text upright when asked for columns
	}
	n.Complex = complexFields(n.h) != ""
	wrong := n.h.Class == hdf5.Compound && !n.Complex
	switch n.Class {
	case mat.Cell:
		wrong = wrong || !n.refs && n.h.Class != hdf5.String
	case mat.Struct:
		wrong = true
	case mat.Char:
		wrong = wrong || n.Complex || n.h.Class != hdf5.Integer && n.h.Class != hdf5.String
	case mat.Opaque:
		return nil
	default:
		wrong = wrong || n.refs || n.h.Class == hdf5.String
	}
	if wrong {
		what := string(n.h.Class)
		if n.h.Class == hdf5.Compound {
			what = fmt.Sprintf("compound %v", n.h.Fields)
		}
		return fmt.Errorf("%w: an array of class %s that stores values of class %s", mat.ErrClass, n.Class, what)
	}
	return nil
}

// describeEmpty reads the dimensions of an array without elements, which stand in its place.
func (f *File) describeEmpty(n *node, fields []string) error {
	var d []int64
	var err error
	if count := size(n.h.Shape); count < 0 || count > maxDims {
		err = fmt.Errorf("an empty array whose dimensions are an array of %v; the file is damaged", n.h.Shape)
	} else {
		d, err = hdf5.Read[int64](f.h, n.at)
	}
	if n.python != nil && (err != nil || len(d) < 2) {
		d, err = nil, nil
		for _, v := range n.python[:min(len(n.python), maxDims)] {
			d = append(d, int64(v))
		}
	}
	if err != nil {
		return err
	}
	for _, v := range d {
		if v < 0 || v > math.MaxInt32 {
			return fmt.Errorf("an empty array of dimensions %v; the file is damaged", d)
		}
		n.Dims = append(n.Dims, int(v))
	}
	for len(n.Dims) < 2 {
		n.Dims = append(n.Dims, 0)
	}
	if !n.matlab {
		n.Class = mat.Double
	}
	if n.Class == mat.Struct {
		n.Fields = fields
	}
	// A struct has no content where it has no fields.
	if total := size(n.Dims); total != 0 && (n.Class != mat.Struct || len(n.Fields) > 0 || total < 0) {
		return fmt.Errorf("an empty array of dimensions %v; the file is damaged", n.Dims)
	}
	return nil
}

// describeStruct finds the fields of a struct, and whether it is an array: then all fields are references.
func (f *File) describeStruct(n *node, fields []string) error {
	n.Class = mat.Struct
	n.Dims = []int{1, 1}
	list, err := f.h.List(n.at)
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, i := range list {
		have[i.Name] = true
	}
	for _, name := range fields {
		if have[name] {
			n.Fields = append(n.Fields, name)
			have[name] = false // once
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
	if size(n.Dims) < 0 {
		return fmt.Errorf("dimensions %v have more than 2^56 elements; the file is damaged", n.Dims)
	}
	return nil
}

func (f *File) describeSparse(n *node) error {
	jc, err := f.h.Stat(n.at + "/jc")
	if err != nil {
		return err
	}
	columns := size(jc.Shape) - 1
	if columns < 0 || columns > math.MaxInt32 {
		return fmt.Errorf("a sparse array whose column starts are an array of %v; the file is damaged", jc.Shape)
	}
	n.Class = mat.Sparse
	n.Dims = []int{n.sparse, columns}
	return nil
}
