package hdf5

// #include <stdlib.h>
// #include "shim.h"
import "C"

import "unsafe"

// Attr reads an attribute of an object. The value is nil when there is none of that name, else
// string, int64 or float64 for a scalar and []string, []int64 or []float64 for an array (flattened).
// Other types are an error.
func (f *File) Attr(object, attr string) (any, error) {
	var out any
	var err error
	do(func() { out, err = f.attr(object, attr) })
	return out, err
}

// Attrs names the attributes of an object, sorted.
func (f *File) Attrs(object string) ([]string, error) {
	var out []string
	var err error
	do(func() {
		var id C.hid_t
		if id, err = f.object(object); err != nil {
			return
		}
		defer C.H5Oclose(id)
		var ok bool
		if out, ok = namesOf(func(p **C.char, n *C.size_t) C.int { return C.rv_attr_names(id, p, n) }); !ok {
			err = f.errorf(object, "%s", libraryMessage())
		}
	})
	return out, err
}

func (f *File) attr(object, attr string) (any, error) {
	id, err := f.object(object)
	if err != nil {
		return nil, err
	}
	defer C.H5Oclose(id)
	c := C.CString(attr)
	defer C.free(unsafe.Pointer(c))
	if C.H5Aexists(id, c) <= 0 {
		return nil, nil
	}
	a := C.H5Aopen(id, c, C.H5P_DEFAULT)
	if a < 0 {
		return nil, f.errorf(object, "attribute %s: %s", attr, libraryMessage())
	}
	defer C.H5Aclose(a)
	typ, space := C.H5Aget_type(a), C.H5Aget_space(a)
	defer C.H5Tclose(typ)
	defer C.H5Sclose(space)
	shape, err := shapeOf(space)
	if err != nil {
		return nil, f.errorf(object, "attribute %s: %w", attr, err)
	}
	n := product(shape)
	if size := int(C.H5Tget_size(typ)); n > 0 && n > int(f.size)/max(1, size)+1 {
		return nil, f.errorf(object, "attribute %s: its shape %v does not fit the file; the file is damaged", attr, shape)
	}
	scalar := len(shape) == 0
	switch class := classOf(typ); class {
	case String:
		if n == 0 {
			return []string(nil), nil
		}
		out, ok := readStrings(typ, space, n, func(p unsafe.Pointer) C.herr_t { return C.H5Aread(a, typ, p) })
		if !ok {
			return nil, f.errorf(object, "attribute %s: %s", attr, libraryMessage())
		}
		if scalar {
			return out[0], nil
		}
		return out, nil
	case Integer:
		return attrNumbers[int64](f, a, object, attr, n, scalar)
	case Float:
		return attrNumbers[float64](f, a, object, attr, n, scalar)
	default:
		return nil, f.errorf(object, "attribute %s holds values of class %s, which cannot be read", attr, class)
	}
}

func attrNumbers[T Number](f *File, a C.hid_t, object, attr string, n int, scalar bool) (any, error) {
	if n == 0 {
		return []T(nil), nil
	}
	out := make([]T, n)
	if C.H5Aread(a, C.rv_native(kindOf[T]()), unsafe.Pointer(&out[0])) < 0 {
		return nil, f.errorf(object, "attribute %s: %s", attr, libraryMessage())
	}
	if scalar {
		return out[0], nil
	}
	return out, nil
}
