package hdf5

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unsafe"
)

// ErrNotHDF5 is wrapped when a file is not HDF5 at all.
var ErrNotHDF5 = errors.New("not an HDF5 file")

// ErrNotFound is wrapped when a file has no object of the asked name.
var ErrNotFound = errors.New("no such object")

// File is an HDF5 file open for reading. Its methods may be called concurrently.
//
// Objects are named by path ("/metadata/key", a leading slash may be left out) or by a
// name that Refs returned.
type File struct {
	path string
	size int64
	id   C.hid_t // 0 when closed; touched by the worker only
}

// Open opens an HDF5 file, with or without a user block, for reading.
func Open(path string) (*File, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open HDF5 file: %w", err)
	}
	if st.IsDir() {
		return nil, fmt.Errorf("open HDF5 file %s: it is a folder; choose a file in it", path)
	}
	if err := checkSignature(path); err != nil {
		return nil, err
	}
	f := &File{path: path, size: st.Size()}
	do(func() {
		name := C.CString(path)
		defer C.free(unsafe.Pointer(name))
		if f.id = C.rv_open(name); f.id < 0 {
			f.id = 0
			err = fmt.Errorf("open HDF5 file %s: %s; the file may be cut short or damaged: copy or download it again", path, libraryMessage())
		}
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// checkSignature looks for the HDF5 signature where the format allows it: at 0, 512, 1024, 2048 …
// The first lines tell a text file from a damaged one.
func checkSignature(path string) error {
	r, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open HDF5 file: %w", err)
	}
	defer r.Close()
	want := []byte("\x89HDF\r\n\x1a\n")
	var sig [8]byte
	for off := int64(0); off <= 1<<24; off = max(512, off*2) {
		if _, err := r.ReadAt(sig[:], off); err != nil {
			if err != io.EOF {
				return fmt.Errorf("open HDF5 file %s: %w", path, err)
			}
			break
		}
		if bytes.Equal(sig[:], want) {
			return nil
		}
	}
	return fmt.Errorf("open %s: %w (no signature found); choose a .h5 file or a MATLAB v7.3 .mat file", path, ErrNotHDF5)
}

// Close releases the file. Closing twice does nothing.
func (f *File) Close() error {
	var err error
	do(func() {
		if f.id == 0 {
			return
		}
		if C.H5Fclose(f.id) < 0 {
			err = fmt.Errorf("close HDF5 file %s: %s", f.path, libraryMessage())
		}
		f.id = 0
	})
	return err
}

// Path is the path that was opened.
func (f *File) Path() string { return f.path }

// refPrefix marks a name made by Refs; NUL cannot occur in the name of a link.
const refPrefix = "\x00ref:"

// display is how an object is called in messages.
func display(name string) string {
	if r, ok := strings.CutPrefix(name, refPrefix); ok {
		return "the object referred to at byte " + r
	}
	return name
}

// errorf wraps a message with file and object.
func (f *File) errorf(name, format string, args ...any) error {
	return fmt.Errorf("read %s in %s: %w", display(name), f.path, fmt.Errorf(format, args...))
}

// object opens a group or dataset; the caller closes it with H5Oclose. On the worker only.
func (f *File) object(name string) (C.hid_t, error) {
	if f.id == 0 {
		return 0, f.errorf(name, "the file is closed")
	}
	var id C.hid_t
	if r, ok := strings.CutPrefix(name, refPrefix); ok {
		var addr uint64
		fmt.Sscan(r, &addr)
		id = C.rv_deref(f.id, C.hobj_ref_t(addr))
	} else {
		if name == "" || strings.ContainsRune(name, 0) {
			return 0, f.errorf(name, "%q is not the name of an object", name)
		}
		if !f.exists(name) {
			return 0, f.errorf(name, "%w", ErrNotFound)
		}
		c := C.CString(name)
		defer C.free(unsafe.Pointer(c))
		id = C.H5Oopen(f.id, c, C.H5P_DEFAULT)
	}
	if id < 0 {
		return 0, f.errorf(name, "%s", libraryMessage())
	}
	return id, nil
}

// exists walks the path link by link: the library answers an error, not "no", for a missing middle.
func (f *File) exists(name string) bool {
	at := ""
	for _, part := range strings.Split(name, "/") {
		if part == "" {
			continue
		}
		at += "/" + part
		c := C.CString(at)
		ok := C.H5Lexists(f.id, c, C.H5P_DEFAULT) > 0 && C.H5Oexists_by_name(f.id, c, C.H5P_DEFAULT) > 0
		C.free(unsafe.Pointer(c))
		if !ok {
			return false
		}
	}
	return true
}

// Has tells whether the file has an object of that path.
func (f *File) Has(name string) bool {
	ok := false
	do(func() { ok = f.id != 0 && name != "" && !strings.ContainsRune(name, 0) && f.exists(name) })
	return ok
}
