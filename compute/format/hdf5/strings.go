package hdf5

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unsafe"
)

// Strings reads a dataset of strings of any rank, flattened; a scalar gives one. Fixed-length
// strings lose their padding, whichever of the three kinds it is. Bytes that are not UTF-8 become U+FFFD.
func (f *File) Strings(name string) ([]string, error) {
	rep, err := f.ask(request{Op: opStrings, Name: name}, nil)
	if err != nil {
		return nil, err
	}
	return rep.Names, nil
}

// Texts reads the datasets of a group that hold one string each, in the order of List, at once: a table of
// thousands of them, as bdpy's vmap is. Anything else in the group is an error.
func (f *File) Texts(group string) (names, texts []string, err error) {
	rep, err := f.ask(request{Op: opTexts, Name: group}, nil)
	if err != nil {
		return nil, nil, err
	}
	if len(rep.List) != len(rep.Names) {
		return nil, nil, f.errorf(group, "%w", errGarbled)
	}
	for _, i := range rep.List {
		names = append(names, i.Name)
	}
	return names, rep.Names, nil
}

func (l *local) allTexts(group string) (names []Info, texts []string, err error) {
	if names, err = l.list(group); err != nil {
		return nil, nil, err
	}
	for _, n := range names {
		path := group + "/" + n.Name
		v, err := l.strings(path)
		if err != nil {
			return nil, nil, err
		}
		if len(v) != 1 {
			return nil, nil, l.errorf(path, "it holds %d strings, one is needed", len(v))
		}
		texts = append(texts, v[0])
	}
	return names, texts, nil
}

func (l *local) strings(name string) ([]string, error) {
	var out []string
	err := l.withDataset(name, func(d *dataset) (err error) {
		if d.Class != String {
			return l.errorf(name, "it holds values of class %s, strings are needed", d.Class)
		}
		typ := C.H5Dget_type(d.id)
		defer C.H5Tclose(typ)
		out, err = d.texts(typ, typ)
		return err
	})
	return out, err
}

// texts reads all strings of a dataset; mem is typ or a compound of it.
func (d *dataset) texts(typ, mem C.hid_t) ([]string, error) {
	n := product(d.Shape)
	if n == 0 {
		return nil, nil
	}
	// A Go string takes 16 bytes.
	if err := d.fits(n, max(int(C.H5Tget_size(typ)), 16)); err != nil {
		return nil, err
	}
	out, err := d.l.readStrings(typ, mem, d.space, n, func(p unsafe.Pointer, xfer C.hid_t) C.herr_t {
		return C.H5Dread(d.id, mem, C.H5S_ALL, C.H5S_ALL, xfer, p)
	})
	if err != nil {
		return nil, d.l.errorf(d.name, "%w", err)
	}
	return out, nil
}

// readStrings reads n strings of the file's own type through read; read fills memory of n elements.
func (l *local) readStrings(typ, mem, space C.hid_t, n int, read func(unsafe.Pointer, C.hid_t) C.herr_t) ([]string, error) {
	out := make([]string, n)
	xfer := C.rv_vlen_transfer(l.vlenBudget())
	if C.H5Tis_variable_str(typ) > 0 {
		// Zeroed Go memory that only C writes pointers to C memory into: uintptr keeps the collector out of it.
		ptrs := make([]uintptr, n)
		rc := read(unsafe.Pointer(&ptrs[0]), xfer)
		var err error
		if rc < 0 {
			err = l.vlenError()
		}
		for i := range ptrs {
			p := *(**C.char)(unsafe.Pointer(&ptrs[i]))
			if p != nil && err == nil {
				out[i] = strings.ToValidUTF8(C.GoString(p), "\uFFFD")
			}
		}
		// What was read before an error is freed by the library only if it is asked to.
		C.H5Dvlen_reclaim(mem, space, xfer, unsafe.Pointer(&ptrs[0]))
		return out, err
	}
	size := int(C.H5Tget_size(typ))
	if size <= 0 {
		return nil, fmt.Errorf("strings of %d bytes; the file is damaged", size)
	}
	buf := make([]byte, n*size)
	if read(unsafe.Pointer(&buf[0]), xfer) < 0 {
		return nil, errors.New(libraryMessage())
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
	return out, nil
}

// vlenError is the error of reading values of variable length.
func (l *local) vlenError() error {
	if C.rv_vlen_exhausted() != 0 {
		libraryMessage()
		return fmt.Errorf("%w: its values take more than %d bytes; the file is damaged or made to fill the memory", ErrTooLarge, uint64(l.vlenBudget()))
	}
	msg := libraryMessage()
	if C.rv_overflow() != 0 {
		return errors.New(errOverflow)
	}
	return errors.New(msg)
}
