package mat73

import (
	"context"
	"fmt"
	"strings"

	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
)

// File is a MAT-file of version 7.3 open for reading. Its methods may be called concurrently.
type File struct {
	h    *hdf5.File
	vars []mat.Info
}

// Open opens a file in a child process, which ends with the File or with the context.
func Open(ctx context.Context, path string) (*File, error) {
	h, err := hdf5.OpenGuarded(ctx, path)
	if err != nil {
		return nil, err
	}
	f, err := New(h)
	if err != nil {
		h.Close()
		return nil, err
	}
	return f, nil
}

// New reads the variables of an open file, which Close closes.
func New(h *hdf5.File) (*File, error) {
	f := &File{h: h}
	list, err := h.List("/")
	if err != nil {
		return nil, err
	}
	for _, i := range list {
		if strings.HasPrefix(i.Name, "#") { // MATLAB's store of cells and objects
			continue
		}
		if i.Kind == hdf5.Other {
			continue
		}
		n, err := f.nodeOrUnreadable("/" + i.Name)
		if err != nil {
			return nil, err
		}
		n.Name = i.Name
		f.vars = append(f.vars, n.Info)
	}
	return f, nil
}

// nodeOrUnreadable is node for lists, where one bad array should not hide the others.
func (f *File) nodeOrUnreadable(name string) (*node, error) {
	n, err := f.node(name)
	if err == nil {
		return n, nil
	}
	if _, lost := f.h.Stat("/"); lost != nil { // the whole file
		return nil, err
	}
	return &node{Info: mat.Info{Class: mat.Opaque, ObjectClass: "unreadable"}}, nil
}

// Close releases the file.
func (f *File) Close() error { return f.h.Close() }

// HDF5 is the file below.
func (f *File) HDF5() *hdf5.File { return f.h }

// Variables returns what the variables are, sorted by name. What cannot be understood is of class Opaque.
func (f *File) Variables() []mat.Info { return append([]mat.Info(nil), f.vars...) }

// Shape is the shape of an array as its writer saw it: that of NumPy in a file of hdf5storage, which may have
// fewer than two axes, else the dimensions.
func (f *File) Shape(path string) ([]int, error) {
	n, err := f.find(path)
	if err != nil {
		return nil, f.errorf(path, err)
	}
	if n.python != nil && size(n.python) == size(n.Dims) {
		return n.python, nil
	}
	return n.Dims, nil
}

func (f *File) errorf(path string, err error) error {
	return fmt.Errorf("%s: %s: %w", f.h.Path(), path, err)
}
