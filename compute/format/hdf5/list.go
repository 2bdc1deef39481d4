package hdf5

// #include "shim.h"
import "C"

import (
	"fmt"
	"math"
	"strings"
	"unsafe"
)

// Kind is what an object is.
type Kind string

const (
	Group   Kind = "group"
	Dataset Kind = "dataset"
	Other   Kind = "other" // a named type, or a link that leads nowhere
)

// Class is the sort of value a dataset holds.
type Class string

const (
	Integer   Class = "integer"
	Float     Class = "float"
	String    Class = "string"
	Reference Class = "reference" // to objects
	Opaque    Class = "other"     // compound, enumeration, region reference, sequence …
)

// Info describes an object. Shape, Class, Bytes and Chunk are of datasets only.
type Info struct {
	Name  string // last part of the path
	Kind  Kind
	Shape []int // empty for a scalar
	Class Class
	Bytes int   // of one element in the file
	Chunk []int // nil unless stored in chunks
}

// Stat describes one object.
func (f *File) Stat(name string) (Info, error) {
	var info Info
	var err error
	do(func() { info, err = f.stat(name) })
	return info, err
}

// List describes the children of a group, sorted by name. "/" is the root.
func (f *File) List(group string) ([]Info, error) {
	var out []Info
	var err error
	do(func() { out, err = f.list(group) })
	return out, err
}

func (f *File) list(group string) ([]Info, error) {
	id, err := f.object(group)
	if err != nil {
		return nil, err
	}
	defer C.H5Oclose(id)
	if C.H5Iget_type(id) != C.H5I_GROUP {
		return nil, f.errorf(group, "it is not a group")
	}
	names, ok := namesOf(func(p **C.char, n *C.size_t) C.int { return C.rv_names(id, p, n) })
	if !ok {
		return nil, f.errorf(group, "%s", libraryMessage())
	}
	out := make([]Info, 0, len(names))
	for _, n := range names {
		info := Info{Name: n, Kind: Other}
		if child, err := openChild(id, n); err == nil {
			if got, err := f.describe(child, group+"/"+n); err == nil {
				info = got
				info.Name = n
			}
			C.H5Oclose(child)
		}
		out = append(out, info)
	}
	return out, nil
}

func openChild(group C.hid_t, name string) (C.hid_t, error) {
	c := C.CString(name)
	defer C.rv_free(unsafe.Pointer(c))
	id := C.H5Oopen(group, c, C.H5P_DEFAULT)
	if id < 0 {
		return 0, fmt.Errorf("open %s: %s", name, libraryMessage())
	}
	return id, nil
}

func namesOf(call func(**C.char, *C.size_t) C.int) ([]string, bool) {
	var p *C.char
	var n C.size_t
	if call(&p, &n) < 0 {
		return nil, false
	}
	defer C.rv_free(unsafe.Pointer(p))
	if n == 0 {
		return nil, true
	}
	return strings.Split(C.GoStringN(p, C.int(n-1)), "\x00"), true
}

func (f *File) stat(name string) (Info, error) {
	id, err := f.object(name)
	if err != nil {
		return Info{}, err
	}
	defer C.H5Oclose(id)
	info, err := f.describe(id, name)
	info.Name = name[strings.LastIndexByte(name, '/')+1:]
	return info, err
}

// describe fills Info but for the name.
func (f *File) describe(id C.hid_t, name string) (Info, error) {
	switch C.H5Iget_type(id) {
	case C.H5I_GROUP:
		return Info{Kind: Group}, nil
	case C.H5I_DATASET:
	default:
		return Info{Kind: Other}, nil
	}
	info := Info{Kind: Dataset}
	space := C.H5Dget_space(id)
	if space < 0 {
		return info, f.errorf(name, "%s", libraryMessage())
	}
	defer C.H5Sclose(space)
	var err error
	if info.Shape, err = shapeOf(space); err != nil {
		return info, f.errorf(name, "%w", err)
	}
	typ := C.H5Dget_type(id)
	if typ < 0 {
		return info, f.errorf(name, "%s", libraryMessage())
	}
	defer C.H5Tclose(typ)
	info.Class, info.Bytes = classOf(typ), int(C.H5Tget_size(typ))
	if plist := C.H5Dget_create_plist(id); plist >= 0 {
		defer C.H5Pclose(plist)
		if n := len(info.Shape); n > 0 && C.H5Pget_layout(plist) == C.H5D_CHUNKED {
			dims := make([]C.hsize_t, n)
			C.H5Pget_chunk(plist, C.int(n), &dims[0])
			for _, d := range dims {
				info.Chunk = append(info.Chunk, int(d))
			}
		}
	}
	return info, nil
}

// shapeOf also refuses shapes whose element count does not fit an int.
func shapeOf(space C.hid_t) ([]int, error) {
	n := C.H5Sget_simple_extent_ndims(space)
	if n < 0 {
		return nil, fmt.Errorf("%s", libraryMessage())
	}
	if C.H5Sget_simple_extent_type(space) == C.H5S_NULL {
		return []int{0}, nil
	}
	if n == 0 {
		return nil, nil
	}
	dims := make([]C.hsize_t, n)
	C.H5Sget_simple_extent_dims(space, &dims[0], nil)
	shape := make([]int, n)
	total := uint64(1)
	for i, d := range dims {
		if d > 0 && total > math.MaxInt64/64/uint64(d) {
			return nil, fmt.Errorf("its shape %v is absurd; the file is damaged", dims)
		}
		if d > 0 {
			total *= uint64(d)
		}
		shape[i] = int(d)
	}
	return shape, nil
}

func classOf(typ C.hid_t) Class {
	switch C.H5Tget_class(typ) {
	case C.H5T_INTEGER:
		return Integer
	case C.H5T_FLOAT:
		return Float
	case C.H5T_STRING:
		return String
	case C.H5T_REFERENCE:
		if C.rv_is_objref(typ) != 0 {
			return Reference
		}
	}
	return Opaque
}
