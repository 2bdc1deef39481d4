package hdf5

// #include "shim.h"
import "C"

import (
	"bytes"
	"strconv"
	"strings"
	"unsafe"
)

// Strings reads a dataset of strings of any rank, flattened; a scalar gives one. Fixed-length
// strings lose their padding, whichever of the three kinds it is. Bytes that are not UTF-8 become U+FFFD.
func (f *File) Strings(name string) ([]string, error) {
	var out []string
	err := f.withDataset(name, func(d *dataset) error {
		if d.Class != String {
			return f.errorf(name, "it holds values of class %s, strings are needed", d.Class)
		}
		n := product(d.Shape)
		if n == 0 {
			return nil
		}
		if err := d.fits(n, max(d.Bytes, 1)); err != nil {
			return err
		}
		typ := C.H5Dget_type(d.id)
		defer C.H5Tclose(typ)
		var ok bool
		out, ok = readStrings(typ, d.space, n, func(p unsafe.Pointer) C.herr_t {
			return C.H5Dread(d.id, typ, C.H5S_ALL, C.H5S_ALL, C.H5P_DEFAULT, p)
		})
		if !ok {
			return f.errorf(name, "%s", libraryMessage())
		}
		return nil
	})
	return out, err
}

// readStrings reads n strings of the file's own type through read; read fills memory of n elements.
func readStrings(typ, space C.hid_t, n int, read func(unsafe.Pointer) C.herr_t) ([]string, bool) {
	out := make([]string, n)
	if C.H5Tis_variable_str(typ) > 0 {
		// Zeroed Go memory that only C writes pointers to C memory into: uintptr keeps the collector out of it.
		ptrs := make([]uintptr, n)
		if read(unsafe.Pointer(&ptrs[0])) < 0 {
			return nil, false
		}
		for i := range ptrs {
			if p := *(**C.char)(unsafe.Pointer(&ptrs[i])); p != nil {
				out[i] = strings.ToValidUTF8(C.GoString(p), "\uFFFD")
			}
		}
		C.H5Dvlen_reclaim(typ, space, C.H5P_DEFAULT, unsafe.Pointer(&ptrs[0]))
		return out, true
	}
	size := int(C.H5Tget_size(typ))
	buf := make([]byte, n*size)
	if read(unsafe.Pointer(&buf[0])) < 0 {
		return nil, false
	}
	pad := C.H5Tget_strpad(typ)
	for i := range out {
		b := buf[i*size : (i+1)*size]
		switch pad {
		case C.H5T_STR_NULLTERM:
			if j := bytes.IndexByte(b, 0); j >= 0 {
				b = b[:j]
			}
		case C.H5T_STR_SPACEPAD:
			b = bytes.TrimRight(b, " ")
		default:
			b = bytes.TrimRight(b, "\x00")
		}
		out[i] = strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return out, true
}

// Refs reads a dataset of object references, flattened. What it returns stands for the objects in
// every function of this package that takes a name; a null reference is "".
func (f *File) Refs(name string) ([]string, error) {
	var out []string
	err := f.withDataset(name, func(d *dataset) error {
		if d.Class != Reference {
			return f.errorf(name, "it holds values of class %s, object references are needed", d.Class)
		}
		n := product(d.Shape)
		if n == 0 {
			return nil
		}
		if err := d.fits(n, 8); err != nil {
			return err
		}
		refs := make([]C.hobj_ref_t, n)
		typ := C.H5Dget_type(d.id)
		defer C.H5Tclose(typ)
		if C.H5Dread(d.id, typ, C.H5S_ALL, C.H5S_ALL, C.H5P_DEFAULT, unsafe.Pointer(&refs[0])) < 0 {
			return f.errorf(name, "%s", libraryMessage())
		}
		out = make([]string, n)
		for i, r := range refs {
			if r != 0 {
				out[i] = refPrefix + strconv.FormatUint(uint64(r), 10)
			}
		}
		return nil
	})
	return out, err
}
