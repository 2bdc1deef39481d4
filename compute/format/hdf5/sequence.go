package hdf5

// #include <stdlib.h>
// #include "shim.h"
import "C"

import "unsafe"

// Sequences reads a dataset of variable-length sequences of numbers of any rank, flattened. The rules of
// Read hold. The sequences share memory.
func Sequences[T Number](f *File, name string) ([][]T, error) {
	all, rep, err := numbers[T](f, request{Op: opSequences, Name: name})
	if err != nil {
		return nil, err
	}
	out := make([][]T, len(rep.Counts))
	for i, n := range rep.Counts {
		if n < 0 || n > len(all) {
			return nil, f.errorf(name, "its sequences do not fit")
		}
		out[i], all = all[:n:n], all[n:]
	}
	return out, nil
}

func (l *local) sequences(req *request, s sink) ([]int, error) {
	var counts []int
	err := l.withDataset(req.Name, func(d *dataset) error {
		if d.Class != Sequence {
			return l.errorf(d.name, "it holds values of class %s, sequences are needed", d.Class)
		}
		typ := C.H5Dget_type(d.id)
		defer C.H5Tclose(typ)
		base := C.H5Tget_super(typ)
		if base < 0 {
			return l.errorf(d.name, "%s", libraryMessage())
		}
		defer C.H5Tclose(base)
		kind := C.int(req.Type)
		if err := d.numeric(classOf(base), kind); err != nil {
			return err
		}
		if C.rv_only_swaps(base, C.rv_native(kind)) != 0 {
			return l.errorf(d.name, "its integers have the other sign; read them as what they are")
		}
		n := product(d.Shape)
		if n > 0 {
			if err := d.fits(n, C.sizeof_hvl_t); err != nil {
				return err
			}
		}
		var err error
		counts, err = l.readSequences(d.space, n, kind, s, func(mem, xfer C.hid_t, p unsafe.Pointer) C.herr_t {
			return C.H5Dread(d.id, mem, C.H5S_ALL, C.H5S_ALL, xfer, p)
		})
		if err != nil {
			return l.errorf(d.name, "%w", err)
		}
		return nil
	})
	return counts, err
}

// readSequences reads n sequences through read, which fills memory of n elements of type mem.
func (l *local) readSequences(space C.hid_t, n int, kind C.int, s sink, read func(mem, xfer C.hid_t, p unsafe.Pointer) C.herr_t) ([]int, error) {
	size := int(C.H5Tget_size(C.rv_native(kind)))
	if n == 0 {
		return nil, s.begin([]int{0}, size)
	}
	mem := C.H5Tvlen_create(C.rv_native(kind))
	defer C.H5Tclose(mem)
	p := C.calloc(C.size_t(n), C.sizeof_hvl_t)
	if p == nil {
		return nil, ErrTooLarge
	}
	defer C.free(p)
	xfer := C.rv_vlen_transfer(l.vlenBudget())
	defer C.H5Dvlen_reclaim(mem, space, xfer, p)
	if read(mem, xfer, p) < 0 {
		return nil, l.vlenError()
	}
	values := unsafe.Slice((*C.hvl_t)(p), n)
	counts, total := make([]int, n), 0
	for i, v := range values {
		if v.p != nil {
			counts[i] = int(v.len)
			total += counts[i]
		}
	}
	if err := s.begin([]int{total}, size); err != nil || total == 0 {
		return counts, err
	}
	at := 0
	for i, v := range values {
		if counts[i] == 0 {
			continue
		}
		copy(s.piece([]int{at}, []int{counts[i]}, counts[i]*size), unsafe.Slice((*byte)(v.p), counts[i]*size))
		if err := s.done(); err != nil {
			return nil, err
		}
		at += counts[i]
	}
	return counts, nil
}
