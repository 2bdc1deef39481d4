package hdf5

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"unsafe"
)

// Element is a type that arrays can be written as, little-endian and of that width.
type Element interface {
	float32 | float64 | int32 | int64 | uint8 | uint16
}

// Writer is an HDF5 file being written. It becomes visible at its path on Commit only. Parent groups are
// made as needed. No times are kept, so equal content gives equal bytes. The first error sticks: every later
// call returns it and Commit discards.
type Writer struct {
	path, temp string
	id         C.hid_t // 0 when done; touched by the worker only
	links      C.hid_t // properties of links
	datasets   C.hid_t // properties of datasets not in chunks
	err        error
}

// Create starts a file that will stand at path, replacing what is there. The folder must exist.
// End with Commit or Discard; deferring Discard is safe after Commit.
func Create(path string) (*Writer, error) {
	// The library wants to make the file itself; the random part keeps two writers apart.
	t, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.partial")
	if err != nil {
		return nil, fmt.Errorf("write HDF5 file %s: %w", path, err)
	}
	t.Close()
	os.Remove(t.Name())
	w := &Writer{path: path, temp: t.Name()}
	do(func() {
		c := C.CString(w.temp)
		defer C.free(unsafe.Pointer(c))
		if w.id = C.rv_create(c); w.id < 0 {
			w.id = 0
			err = fmt.Errorf("write HDF5 file %s: %s", path, libraryMessage())
			return
		}
		w.links, w.datasets = C.rv_link_plist(), C.rv_dataset_plist()
	})
	if err != nil {
		return nil, err
	}
	return w, nil
}

// Commit finishes the file and puts it in its place.
func (w *Writer) Commit() error {
	if w.err != nil {
		w.Discard()
		return w.err
	}
	var err error
	do(func() {
		if w.id == 0 {
			err = fmt.Errorf("write HDF5 file %s: already finished", w.path)
			return
		}
		C.H5Pclose(w.links)
		C.H5Pclose(w.datasets)
		if C.H5Fclose(w.id) < 0 {
			err = fmt.Errorf("write HDF5 file %s: %s", w.path, libraryMessage())
		}
		w.id = 0
	})
	if err == nil {
		err = publish(w.temp, w.path)
	}
	if err != nil {
		os.Remove(w.temp)
	}
	return err
}

// publish makes the bytes durable before the name.
func publish(temp, path string) error {
	t, err := os.OpenFile(temp, os.O_RDWR, 0)
	if err == nil {
		err = errors.Join(t.Sync(), t.Close())
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return fmt.Errorf("write HDF5 file %s: %w", path, err)
	}
	return nil
}

// Discard drops the file. It does nothing after Commit.
func (w *Writer) Discard() {
	do(func() {
		if w.id == 0 {
			return
		}
		C.H5Pclose(w.links)
		C.H5Pclose(w.datasets)
		C.H5Fclose(w.id)
		C.rv_error(new(C.char), 1) // what it had to say no longer matters
		w.id = 0
		os.Remove(w.temp)
	})
}

// on runs fn on the worker unless an earlier call failed, and keeps its error.
func (w *Writer) on(name string, fn func() error) error {
	do(func() {
		if w.err != nil {
			return
		}
		if w.id == 0 {
			w.err = fmt.Errorf("write %s in %s: the file is finished", name, w.path)
			return
		}
		if err := fn(); err != nil {
			w.err = fmt.Errorf("write %s in %s: %w", name, w.path, err)
		}
	})
	return w.err
}

// Group makes an empty group.
func (w *Writer) Group(name string) error {
	return w.on(name, func() error {
		c := C.CString(name)
		defer C.free(unsafe.Pointer(c))
		g := C.H5Gcreate2(w.id, c, w.links, C.H5P_DEFAULT, C.H5P_DEFAULT)
		if g < 0 {
			return errors.New(libraryMessage())
		}
		C.H5Gclose(g)
		return nil
	})
}

// Write writes a whole array, contiguous. A nil shape is a scalar.
func Write[T Element](w *Writer, name string, shape []int, data []T) error {
	return w.on(name, func() error {
		n, err := checkShape(shape)
		if err != nil {
			return err
		}
		if n != len(data) {
			return fmt.Errorf("%d values for shape %v", len(data), shape)
		}
		kind := kindOf[T]()
		id, err := w.create(name, C.rv_file_type(kind), shape, nil, w.datasets)
		if err != nil {
			return err
		}
		defer C.H5Dclose(id)
		if n > 0 && C.H5Dwrite(id, C.rv_native(kind), C.H5S_ALL, C.H5S_ALL, C.H5P_DEFAULT, unsafe.Pointer(&data[0])) < 0 {
			return errors.New(libraryMessage())
		}
		return nil
	})
}

// create makes a dataset; maxShape nil is fixed. On the worker only.
func (w *Writer) create(name string, typ C.hid_t, shape []int, maxShape []C.hsize_t, plist C.hid_t) (C.hid_t, error) {
	space := newSpace(shape, maxShape)
	if space < 0 {
		return 0, errors.New(libraryMessage())
	}
	defer C.H5Sclose(space)
	c := C.CString(name)
	defer C.free(unsafe.Pointer(c))
	id := C.H5Dcreate2(w.id, c, typ, space, w.links, plist, C.H5P_DEFAULT)
	if id < 0 {
		return 0, errors.New(libraryMessage())
	}
	return id, nil
}

func newSpace(shape []int, maxShape []C.hsize_t) C.hid_t {
	if len(shape) == 0 {
		return C.H5Screate(C.H5S_SCALAR)
	}
	if maxShape == nil {
		return C.H5Screate_simple(C.int(len(shape)), &hsize(shape)[0], nil)
	}
	return C.H5Screate_simple(C.int(len(shape)), &hsize(shape)[0], &maxShape[0])
}

func checkShape(shape []int) (int, error) {
	for _, d := range shape {
		if d < 0 {
			return 0, fmt.Errorf("negative dimension in shape %v", shape)
		}
	}
	return product(shape), nil
}
