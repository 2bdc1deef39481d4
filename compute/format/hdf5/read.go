package hdf5

// #include "shim.h"
import "C"

import (
	"unsafe"
)

// Number is a type that arrays can be read as.
type Number interface{ float32 | float64 | int64 }

// Span is the half-open range [From, To).
type Span struct{ From, To int }

func kindOf[T any]() C.int {
	var z T
	switch any(z).(type) {
	case float32:
		return C.RV_F32
	case float64:
		return C.RV_F64
	case int64:
		return C.RV_I64
	case int32:
		return C.RV_I32
	case uint16:
		return C.RV_U16
	}
	return C.RV_U8
}

// dataset is an open dataset with what reading it needs. On the worker only.
type dataset struct {
	f     *File
	name  string
	id    C.hid_t
	space C.hid_t
	Info
}

func (f *File) dataset(name string) (*dataset, error) {
	id, err := f.object(name)
	if err != nil {
		return nil, err
	}
	d := &dataset{f: f, name: name, id: id}
	if d.Info, err = f.describe(id, name); err != nil {
		C.H5Oclose(id)
		return nil, err
	}
	if d.Kind != Dataset {
		C.H5Oclose(id)
		return nil, f.errorf(name, "it is a %s, not a dataset", d.Kind)
	}
	if d.space = C.H5Dget_space(id); d.space < 0 {
		err := f.errorf(name, "%s", libraryMessage())
		C.H5Oclose(id)
		return nil, err
	}
	return d, nil
}

func (d *dataset) close() {
	C.H5Sclose(d.space)
	C.H5Oclose(d.id)
}

// withDataset opens a dataset on the worker for as long as read takes.
func (f *File) withDataset(name string, read func(*dataset) error) error {
	var err error
	do(func() {
		var d *dataset
		if d, err = f.dataset(name); err != nil {
			return
		}
		defer d.close()
		err = read(d)
	})
	return err
}

// fits refuses to take memory that the file cannot account for: more than 1 GiB and more than
// deflate's best ratio (about 1000) times the whole file.
func (d *dataset) fits(elements, bytes int) error {
	const free = 1 << 30
	need := float64(elements) * float64(bytes)
	if need > free && need > 1100*float64(d.f.size) {
		return d.f.errorf(d.name, "its shape %v asks for %.0f bytes but the file has only %d; the file is damaged", d.Shape, need, d.f.size)
	}
	stored := C.H5Dget_storage_size(d.id)
	if d.Chunk == nil && uint64(stored) > uint64(d.f.size) {
		return d.f.errorf(d.name, "it should take %d bytes but the file has only %d; the file is cut short: copy it again", uint64(stored), d.f.size)
	}
	return nil
}

func (d *dataset) numeric(kind C.int) error {
	switch d.Class {
	case Integer:
		return nil
	case Float:
		if kind != C.RV_I64 {
			return nil
		}
		return d.f.errorf(d.name, "it holds floating-point numbers; read it as such")
	}
	return d.f.errorf(d.name, "it holds values of class %s, numbers are needed", d.Class)
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// Read reads a whole dataset of numbers, row-major as stored.
func Read[T Number](f *File, name string) ([]T, error) {
	var out []T
	err := f.withDataset(name, func(d *dataset) (err error) {
		out, err = readAll[T](d)
		return err
	})
	return out, err
}

func readAll[T Number](d *dataset) ([]T, error) {
	kind := kindOf[T]()
	if err := d.numeric(kind); err != nil {
		return nil, err
	}
	n := product(d.Shape)
	if n == 0 {
		return nil, nil
	}
	if err := d.fits(n, int(unsafe.Sizeof(*new(T)))); err != nil {
		return nil, err
	}
	out := make([]T, n)
	if C.H5Dread(d.id, C.rv_native(kind), C.H5S_ALL, C.H5S_ALL, C.H5P_DEFAULT, unsafe.Pointer(&out[0])) < 0 {
		return nil, d.f.errorf(d.name, "%s", libraryMessage())
	}
	return out, nil
}

// ReadRows reads rows [from, to) of axis 0, all other axes whole.
func ReadRows[T Number](f *File, name string, from, to int) ([]T, error) {
	var out []T
	err := f.withDataset(name, func(d *dataset) error {
		if err := d.numeric(kindOf[T]()); err != nil {
			return err
		}
		if len(d.Shape) == 0 || from < 0 || from > to || to > d.Shape[0] {
			return f.errorf(name, "rows %d to %d asked of shape %v", from, to, d.Shape)
		}
		start := make([]int, len(d.Shape))
		count := append([]int(nil), d.Shape...)
		start[0], count[0] = from, to-from
		n := product(count)
		if n == 0 {
			return nil
		}
		if err := d.fits(n, int(unsafe.Sizeof(*new(T)))); err != nil {
			return err
		}
		out = make([]T, n)
		return readBlock(d, start, count, out, count, make([]int, len(count)))
	})
	return out, err
}

// readBlock reads the block start, count of the file into the block at memStart of memory shaped memShape.
func readBlock[T Number](d *dataset, start, count []int, dst []T, memShape, memStart []int) error {
	mem := C.H5Screate_simple(C.int(len(memShape)), &hsize(memShape)[0], nil)
	if mem < 0 {
		return d.f.errorf(d.name, "%s", libraryMessage())
	}
	defer C.H5Sclose(mem)
	n := &hsize(count)[0]
	if C.H5Sselect_hyperslab(mem, C.H5S_SELECT_SET, &hsize(memStart)[0], nil, n, nil) < 0 ||
		C.H5Sselect_hyperslab(d.space, C.H5S_SELECT_SET, &hsize(start)[0], nil, n, nil) < 0 ||
		C.H5Dread(d.id, C.rv_native(kindOf[T]()), mem, d.space, C.H5P_DEFAULT, unsafe.Pointer(&dst[0])) < 0 {
		return d.f.errorf(d.name, "%s", libraryMessage())
	}
	return nil
}

func hsize(v []int) []C.hsize_t {
	out := make([]C.hsize_t, len(v))
	for i, x := range v {
		out[i] = C.hsize_t(x)
	}
	return out
}
