package hdf5

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"
)

// WriteFixed writes a 1-D dataset of fixed-length byte strings, NUL-padded to the longest: the layout
// that h5py gives a list of bytes.
func (w *Writer) WriteFixed(name string, values []string) error {
	return w.on(name, func() error {
		size := 1
		for _, v := range values {
			size = max(size, len(v))
		}
		buf := make([]byte, size*max(1, len(values)))
		for i, v := range values {
			if strings.ContainsRune(v, 0) {
				return fmt.Errorf("string %d holds a NUL, which cannot be stored", i)
			}
			copy(buf[i*size:], v)
		}
		typ := C.rv_string_type(C.size_t(size), 0)
		defer C.H5Tclose(typ)
		return w.strings(name, []int{len(values)}, typ, unsafe.Pointer(&buf[0]))
	})
}

// WriteStrings writes a 1-D dataset of variable-length UTF-8 strings.
func (w *Writer) WriteStrings(name string, values []string) error {
	return w.writeVariable(name, []int{len(values)}, values)
}

// WriteString writes one variable-length UTF-8 string as a scalar.
func (w *Writer) WriteString(name, value string) error {
	return w.writeVariable(name, nil, []string{value})
}

func (w *Writer) writeVariable(name string, shape []int, values []string) error {
	return w.on(name, func() error {
		ptrs, free, err := cStrings(values)
		if err != nil {
			return err
		}
		defer free()
		typ := C.rv_string_type(0, 1)
		defer C.H5Tclose(typ)
		return w.strings(name, shape, typ, ptrs)
	})
}

func (w *Writer) strings(name string, shape []int, typ C.hid_t, data unsafe.Pointer) error {
	id, err := w.create(name, typ, shape, nil, w.datasets)
	if err != nil {
		return err
	}
	defer C.H5Dclose(id)
	if product(shape) > 0 && C.H5Dwrite(id, typ, C.H5S_ALL, C.H5S_ALL, C.H5P_DEFAULT, data) < 0 {
		return errors.New(libraryMessage())
	}
	return nil
}

// cStrings is an array of C strings in C memory.
func cStrings(values []string) (unsafe.Pointer, func(), error) {
	p := C.calloc(C.size_t(max(1, len(values))), C.size_t(unsafe.Sizeof(uintptr(0))))
	ptrs := unsafe.Slice((**C.char)(p), len(values))
	free := func() {
		for _, s := range ptrs {
			C.free(unsafe.Pointer(s))
		}
		C.free(p)
	}
	for i, v := range values {
		if strings.ContainsRune(v, 0) {
			free()
			return nil, nil, fmt.Errorf("string %d holds a NUL, which cannot be stored", i)
		}
		ptrs[i] = C.CString(v)
	}
	return p, free, nil
}

// SetAttr puts an attribute on an object that was written before, "/" for the file itself. value is a
// string, int, int64 or float64.
func (w *Writer) SetAttr(object, attr string, value any) error {
	return w.on(object, func() error {
		var fileType, memType C.hid_t
		var data unsafe.Pointer
		switch v := value.(type) {
		case string:
			ptrs, free, err := cStrings([]string{v})
			if err != nil {
				return fmt.Errorf("attribute %s: %w", attr, err)
			}
			defer free()
			typ := C.rv_string_type(0, 1)
			defer C.H5Tclose(typ)
			fileType, memType, data = typ, typ, ptrs
		case int:
			n := int64(v)
			fileType, memType, data = C.rv_file_type(C.RV_I64), C.rv_native(C.RV_I64), unsafe.Pointer(&n)
		case int64:
			fileType, memType, data = C.rv_file_type(C.RV_I64), C.rv_native(C.RV_I64), unsafe.Pointer(&v)
		case float64:
			fileType, memType, data = C.rv_file_type(C.RV_F64), C.rv_native(C.RV_F64), unsafe.Pointer(&v)
		default:
			return fmt.Errorf("attribute %s: values of type %T cannot be stored", attr, value)
		}
		o, a := C.CString(object), C.CString(attr)
		defer C.free(unsafe.Pointer(o))
		defer C.free(unsafe.Pointer(a))
		space := newSpace(nil, nil)
		defer C.H5Sclose(space)
		id := C.H5Acreate_by_name(w.id, o, a, fileType, space, C.H5P_DEFAULT, C.H5P_DEFAULT, C.H5P_DEFAULT)
		if id < 0 {
			return fmt.Errorf("attribute %s: %s", attr, libraryMessage())
		}
		defer C.H5Aclose(id)
		if C.H5Awrite(id, memType, data) < 0 {
			return fmt.Errorf("attribute %s: %s", attr, libraryMessage())
		}
		return nil
	})
}
