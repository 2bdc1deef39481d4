package hdf5

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"strconv"
	"strings"
	"unsafe"
)

// Refs reads a dataset of object references, flattened. What it returns stands for the objects in
// every function of this package that takes a name; a null reference is "".
func (f *File) Refs(name string) ([]string, error) {
	rep, err := f.ask(request{Op: opRefs, Name: name}, nil)
	if err != nil {
		return nil, err
	}
	return rep.Names, nil
}

// RefPath is a path of the object that a name of Refs stands for. The library searches the file for it.
func (f *File) RefPath(ref string) (string, error) {
	rep, err := f.ask(request{Op: opRefPath, Name: ref}, nil)
	if err != nil {
		return "", err
	}
	return rep.Names[0], nil
}

// Region is a part of a dataset that a region reference names.
type Region struct {
	Path   string // of the dataset; "" for a null reference
	Points bool   // Blocks are single elements, in the order of the reference
	Blocks []Block
}

// Block is the block of Count elements from Start on along each axis.
type Block struct{ Start, Count []int }

// Regions reads a dataset of region references, flattened.
func (f *File) Regions(name string) ([]Region, error) {
	rep, err := f.ask(request{Op: opRegions, Name: name}, nil)
	if err != nil {
		return nil, err
	}
	return rep.Regions, nil
}

func refName(r C.hobj_ref_t) string {
	if r == 0 {
		return ""
	}
	return refPrefix + strconv.FormatUint(uint64(r), 10)
}

func (l *local) refs(name string) ([]string, error) {
	var out []string
	err := l.withDataset(name, func(d *dataset) error {
		if d.Class != Reference {
			return l.errorf(name, "it holds values of class %s, object references are needed", d.Class)
		}
		n := product(d.Shape)
		if n == 0 {
			return nil
		}
		if err := d.fits(n, 40); err != nil {
			return err
		}
		refs := make([]C.hobj_ref_t, n)
		typ := C.H5Dget_type(d.id)
		defer C.H5Tclose(typ)
		if C.H5Dread(d.id, typ, C.H5S_ALL, C.H5S_ALL, C.H5P_DEFAULT, unsafe.Pointer(&refs[0])) < 0 {
			return l.errorf(name, "%s", libraryMessage())
		}
		out = make([]string, n)
		for i, r := range refs {
			out[i] = refName(r)
		}
		return nil
	})
	return out, err
}

func (l *local) refPath(name string) ([]string, error) {
	r, ok := strings.CutPrefix(name, refPrefix)
	addr, err := strconv.ParseUint(r, 10, 64)
	if !ok || err != nil {
		return nil, l.errorf(name, "it is no reference: %w", ErrNotFound)
	}
	ref := C.hobj_ref_t(addr)
	path := l.pathOf(C.H5R_OBJECT, unsafe.Pointer(&ref))
	if path == "" {
		return nil, l.errorf(name, "it refers to nothing: %w", ErrNotFound)
	}
	return []string{path}, nil
}

// pathOf is the path of what a reference names, "" when there is none.
func (l *local) pathOf(kind C.H5R_type_t, ref unsafe.Pointer) string {
	var buf [4096]C.char
	n := C.H5Rget_name(l.id, kind, ref, &buf[0], C.size_t(len(buf)))
	if n <= 0 {
		C.rv_error(new(C.char), 1)
		return ""
	}
	return C.GoString(&buf[0])
}

// maxBlocks bounds the blocks of the regions of one dataset.
const maxBlocks = 1 << 20

func (l *local) regions(name string) ([]Region, error) {
	var out []Region
	err := l.withDataset(name, func(d *dataset) error {
		if d.Class != RegionRef {
			return l.errorf(name, "it holds values of class %s, region references are needed", d.Class)
		}
		n := product(d.Shape)
		if n == 0 {
			return nil
		}
		if err := d.fits(n, 100); err != nil {
			return err
		}
		refs := make([]C.hdset_reg_ref_t, n)
		typ := C.H5Dget_type(d.id)
		defer C.H5Tclose(typ)
		if C.H5Dread(d.id, typ, C.H5S_ALL, C.H5S_ALL, C.H5P_DEFAULT, unsafe.Pointer(&refs[0])) < 0 {
			return l.errorf(name, "%s", libraryMessage())
		}
		out = make([]Region, n)
		blocks := 0
		for i := range refs {
			if refs[i] == (C.hdset_reg_ref_t{}) {
				continue
			}
			var err error
			if out[i], err = l.region(d, unsafe.Pointer(&refs[i])); err != nil {
				return err
			}
			if blocks += len(out[i].Blocks); blocks > maxBlocks {
				return l.errorf(name, "%w: its regions have more than %d blocks", ErrTooLarge, maxBlocks)
			}
		}
		return nil
	})
	return out, err
}

func (l *local) region(d *dataset, ref unsafe.Pointer) (Region, error) {
	r := Region{Path: l.pathOf(C.H5R_DATASET_REGION, ref)}
	space := C.H5Rget_region(d.id, C.H5R_DATASET_REGION, ref)
	if space < 0 {
		return r, l.errorf(d.name, "%s", libraryMessage())
	}
	defer C.H5Sclose(space)
	shape, err := shapeOf(space)
	if err != nil {
		return r, l.errorf(d.name, "%w", err)
	}
	rank := len(shape)
	switch C.H5Sget_select_type(space) {
	case C.H5S_SEL_ALL:
		r.Blocks = []Block{{make([]int, rank), shape}}
		return r, nil
	case C.H5S_SEL_POINTS:
		n := C.H5Sget_select_elem_npoints(space)
		if n < 0 || n > maxBlocks {
			return r, l.errorf(d.name, "%w: a region of %d points", ErrTooLarge, int64(n))
		}
		v := make([]C.hsize_t, max(1, int(n)*rank))
		if C.H5Sget_select_elem_pointlist(space, 0, C.hsize_t(n), &v[0]) < 0 {
			return r, l.errorf(d.name, "%s", libraryMessage())
		}
		r.Points = true
		for i := range int(n) {
			b := Block{make([]int, rank), make([]int, rank)}
			for a := range rank {
				b.Start[a], b.Count[a] = int(v[i*rank+a]), 1
			}
			r.Blocks = append(r.Blocks, b)
		}
	case C.H5S_SEL_HYPERSLABS:
		n := C.H5Sget_select_hyper_nblocks(space)
		if n < 0 || n > maxBlocks {
			return r, l.errorf(d.name, "%w: a region of %d blocks", ErrTooLarge, int64(n))
		}
		v := make([]C.hsize_t, max(1, int(n)*2*rank))
		if C.H5Sget_select_hyper_blocklist(space, 0, C.hsize_t(n), &v[0]) < 0 {
			return r, l.errorf(d.name, "%s", libraryMessage())
		}
		for i := range int(n) {
			b := Block{make([]int, rank), make([]int, rank)}
			for a := range rank {
				b.Start[a] = int(v[2*i*rank+a])
				b.Count[a] = int(v[(2*i+1)*rank+a]) - b.Start[a] + 1
			}
			r.Blocks = append(r.Blocks, b)
		}
	}
	return r, nil
}
