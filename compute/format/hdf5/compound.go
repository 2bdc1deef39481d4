package hdf5

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"slices"
	"strings"
	"unsafe"
)

// ReadField reads one field of a whole compound dataset as numbers. The rules of Read hold.
func ReadField[T Number](f *File, name, field string) ([]T, error) {
	if field == "" {
		return nil, f.errorf(name, "the name of a field is missing")
	}
	out, _, err := numbers[T](f, request{Op: opNumbers, Name: name, Field: field})
	return out, err
}

// FieldStrings reads one field of a whole compound dataset as strings, as Strings does.
func (f *File) FieldStrings(name, field string) ([]string, error) {
	rep, err := f.ask(request{Op: opFieldStrings, Name: name, Field: field}, nil)
	if err != nil {
		return nil, err
	}
	return rep.Names, nil
}

// fieldType is the type of a field; the caller closes it.
func (d *dataset) fieldType(name string) (C.hid_t, error) {
	if d.Class != Compound {
		return 0, d.l.errorf(d.name, "it holds values of class %s, which have no fields", d.Class)
	}
	at := slices.Index(d.Fields, name)
	if at < 0 {
		return 0, d.l.errorf(d.name, "it has no field %q; it has %s", name, strings.Join(d.Fields, ", "))
	}
	typ := C.H5Dget_type(d.id)
	defer C.H5Tclose(typ)
	m := C.H5Tget_member_type(typ, C.uint(at))
	if m < 0 {
		return 0, d.l.errorf(d.name, "%s", libraryMessage())
	}
	return m, nil
}

// single is a compound of one field; the caller closes it.
func single(field string, typ C.hid_t) C.hid_t {
	c := C.CString(field)
	defer C.free(unsafe.Pointer(c))
	t := C.H5Tcreate(C.H5T_COMPOUND, C.H5Tget_size(typ))
	C.H5Tinsert(t, c, 0, typ)
	return t
}

func (l *local) fieldStrings(name, field string) ([]string, error) {
	var out []string
	err := l.withDataset(name, func(d *dataset) error {
		typ, err := d.fieldType(field)
		if err != nil {
			return err
		}
		defer C.H5Tclose(typ)
		if class := classOf(typ); class != String {
			return l.errorf(name, "field %s holds values of class %s, strings are needed", field, class)
		}
		mem := single(field, typ)
		defer C.H5Tclose(mem)
		out, err = d.texts(typ, mem)
		return err
	})
	return out, err
}
