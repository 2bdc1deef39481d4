package hdf5

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"errors"
	"fmt"
	"math"
	"unsafe"
)

// Table is a dataset that is written row by row along axis 0.
type Table[T Element] struct {
	w        *Writer
	name     string
	id       C.hid_t
	rowShape []int
	rowLen   int
	at       int // rows written
	fixed    int // rows of a contiguous table; -1 when it grows
}

// NewTable starts a contiguous dataset of exactly rows rows. All of them must be appended before Commit,
// or they read as zero.
func NewTable[T Element](w *Writer, name string, rows int, rowShape []int) (*Table[T], error) {
	return newTable[T](w, name, rows, rowShape, nil)
}

// NewGrowing starts a chunked dataset that grows without bound along axis 0. chunk has one entry
// for axis 0 and one for each of rowShape.
func NewGrowing[T Element](w *Writer, name string, rowShape, chunk []int) (*Table[T], error) {
	if len(chunk) != len(rowShape)+1 {
		return nil, fmt.Errorf("write %s in %s: chunk %v does not fit rows of shape %v", name, w.path, chunk, rowShape)
	}
	return newTable[T](w, name, -1, rowShape, chunk)
}

func newTable[T Element](w *Writer, name string, rows int, rowShape, chunk []int) (*Table[T], error) {
	t := &Table[T]{w: w, name: name, rowShape: append([]int(nil), rowShape...), fixed: rows}
	err := w.on(name, func() error {
		shape := append([]int{max(rows, 0)}, rowShape...)
		if _, err := checkShape(shape); err != nil {
			return err
		}
		t.rowLen = product(rowShape)
		plist, limit := w.datasets, []C.hsize_t(nil)
		if chunk != nil {
			limit = hsize(shape)
			limit[0] = math.MaxUint64 // H5S_UNLIMITED
			plist = C.rv_dataset_plist()
			defer C.H5Pclose(plist)
			if C.H5Pset_chunk(plist, C.int(len(chunk)), &hsize(chunk)[0]) < 0 {
				return errors.New(libraryMessage())
			}
		}
		var err error
		t.id, err = w.create(name, C.rv_file_type(kindOf[T]()), shape, limit, plist)
		return err
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Append writes one or more whole rows.
func (t *Table[T]) Append(data []T) error {
	return t.w.on(t.name, func() error {
		if t.rowLen == 0 || len(data) == 0 || len(data)%t.rowLen != 0 {
			return fmt.Errorf("%d values are not whole rows of shape %v", len(data), t.rowShape)
		}
		n := len(data) / t.rowLen
		end := t.at + n
		if t.fixed >= 0 && end > t.fixed {
			return fmt.Errorf("row %d of a table of %d", end, t.fixed)
		}
		if t.fixed < 0 && C.H5Dset_extent(t.id, &hsize(append([]int{end}, t.rowShape...))[0]) < 0 {
			return errors.New(libraryMessage())
		}
		space := C.H5Dget_space(t.id)
		defer C.H5Sclose(space)
		count := append([]int{n}, t.rowShape...)
		start := make([]int, len(count))
		start[0] = t.at
		mem := newSpace(count, nil)
		defer C.H5Sclose(mem)
		if C.H5Sselect_hyperslab(space, C.H5S_SELECT_SET, &hsize(start)[0], nil, &hsize(count)[0], nil) < 0 ||
			C.H5Dwrite(t.id, C.rv_native(kindOf[T]()), mem, space, C.H5P_DEFAULT, unsafe.Pointer(&data[0])) < 0 {
			return errors.New(libraryMessage())
		}
		t.at = end
		return nil
	})
}

// Rows is the number of rows appended so far.
func (t *Table[T]) Rows() int { return t.at }
