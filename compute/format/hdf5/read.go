package hdf5

// #include "shim.h"
import "C"

import (
	"errors"
	"unsafe"

	"reverie/compute/format/internal/fresh"
	"reverie/compute/format/internal/num"
)

// Number is a type that arrays can be read as.
type Number interface {
	float32 | float64 | int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

// Span is the half-open range [From, To).
type Span struct{ From, To int }

func kindOf[T Number]() C.int {
	var z T
	switch any(z).(type) {
	case float32:
		return C.RV_F32
	case float64:
		return C.RV_F64
	case int8:
		return C.RV_I8
	case int16:
		return C.RV_I16
	case int32:
		return C.RV_I32
	case int64:
		return C.RV_I64
	case uint16:
		return C.RV_U16
	case uint32:
		return C.RV_U32
	case uint64:
		return C.RV_U64
	}
	return C.RV_U8
}

// numbers asks for numbers and gives them their memory.
func numbers[T Number](f *File, req request) ([]T, *reply, error) {
	var out []T
	req.Type = int(kindOf[T]())
	rep, err := f.ask(req, func(n int) []byte {
		out = fresh.Make[T](n)
		return view(out)
	})
	if err != nil || len(out) == 0 {
		return nil, rep, err
	}
	return out, rep, nil
}

// Read reads a whole dataset of numbers, row-major as stored. A number that T cannot hold is an error:
// one out of range, a fraction as an integer, an integer that a floating-point T does not hold exactly. The
// one silent loss is the rounding of float64 to float32. Booleans and enumerations read as their numbers.
func Read[T Number](f *File, name string) ([]T, error) {
	out, _, err := numbers[T](f, request{Op: opNumbers, Name: name})
	return out, err
}

// ReadRows reads rows [from, to) of axis 0, all other axes whole.
func ReadRows[T Number](f *File, name string, from, to int) ([]T, error) {
	out, _, err := numbers[T](f, request{Op: opNumbers, Name: name, Rows: []Span{{from, to}}})
	return out, err
}

// ReadBlock reads the block of count elements from start on along each axis, row-major.
func ReadBlock[T Number](f *File, name string, start, count []int) ([]T, error) {
	out, _, err := numbers[T](f, request{Op: opNumbers, Name: name, Start: start, Count: count, ByBlock: true})
	return out, err
}

// ReadColumns reads the columns in runs, in the order given, of all rows of a matrix: the
// result is [rows][sum of runs] row-major. Only what lies under the runs is read, or, where the runs are
// many, what lies between the first and the last.
func ReadColumns[T Number](f *File, name string, runs []Span) ([]T, error) {
	out, _, err := numbers[T](f, request{Op: opNumbers, Name: name, Columns: runs, ByColumns: true})
	return out, err
}

// Runs joins neighbouring columns of a list into the runs that ReadColumns takes, keeping the order.
func Runs(columns []int) []Span {
	var out []Span
	for _, c := range columns {
		if n := len(out); n > 0 && out[n-1].To == c {
			out[n-1].To++
			continue
		}
		out = append(out, Span{c, c + 1})
	}
	return out
}

// reader reads blocks of a dataset as one type of number.
type reader struct {
	*dataset
	mem  C.hid_t // memory type
	own  bool    // mem must be closed
	xfer C.hid_t
	size int  // bytes of a number
	sign bool // a set first bit is an overflow, which the library does not see
}

func (d *dataset) reader(kind C.int, field string) (*reader, error) {
	r := &reader{dataset: d, mem: C.rv_native(kind)}
	r.size = int(C.H5Tget_size(r.mem))
	typ := C.H5Dget_type(d.id)
	if field != "" {
		C.H5Tclose(typ)
		var err error
		if typ, err = d.fieldType(field); err != nil {
			return nil, err
		}
	}
	defer C.H5Tclose(typ)
	class := classOf(typ)
	if err := d.numeric(class, kind); err != nil {
		return nil, err
	}
	r.sign = C.rv_only_swaps(typ, r.mem) != 0
	if field != "" {
		r.mem, r.own = single(field, r.mem), true
	}
	exact := C.int(0)
	if class != Float {
		exact = 1
	}
	r.xfer = C.rv_transfer(exact)
	return r, nil
}

func (r *reader) close() {
	if r.own {
		C.H5Tclose(r.mem)
	}
}

// fail is the error of a read.
func (d *dataset) fail() error {
	msg := libraryMessage()
	if C.rv_overflow() != 0 {
		return d.l.errorf(d.name, errOverflow)
	}
	return d.l.errorf(d.name, "%s", msg)
}

// block reads the block start, count into the block at memStart of memory shaped memShape.
func (r *reader) block(start, count []int, dst []byte, memShape, memStart []int) error {
	if len(count) == 0 {
		if C.H5Dread(r.id, r.mem, C.H5S_ALL, C.H5S_ALL, r.xfer, unsafe.Pointer(&dst[0])) < 0 {
			return r.fail()
		}
		return r.checkSign(dst)
	}
	mem := C.H5Screate_simple(C.int(len(memShape)), &hsize(memShape)[0], nil)
	if mem < 0 {
		return r.fail()
	}
	defer C.H5Sclose(mem)
	n := &hsize(count)[0]
	if C.H5Sselect_hyperslab(mem, C.H5S_SELECT_SET, &hsize(memStart)[0], nil, n, nil) < 0 ||
		C.H5Sselect_hyperslab(r.space, C.H5S_SELECT_SET, &hsize(start)[0], nil, n, nil) < 0 ||
		C.H5Dread(r.id, r.mem, mem, r.space, r.xfer, unsafe.Pointer(&dst[0])) < 0 {
		return r.fail()
	}
	return r.checkSign(dst)
}

// checkSign finds the overflows that the library does not see.
func (r *reader) checkSign(dst []byte) error {
	if !r.sign {
		return nil
	}
	at := r.size - 1
	if num.HostBig {
		at = 0
	}
	for ; at < len(dst); at += r.size {
		if dst[at]&0x80 != 0 {
			return r.l.errorf(r.name, errOverflow)
		}
	}
	return nil
}

const errOverflow = "a number in it is too large for the type it is read as, or would be rounded"

func hsize(v []int) []C.hsize_t {
	out := make([]C.hsize_t, len(v))
	for i, x := range v {
		out[i] = C.hsize_t(x)
	}
	return out
}

// numbers answers opNumbers.
func (l *local) numbers(req *request, s sink) error {
	if req.Type < 0 || req.Type > C.RV_U64 {
		return errors.New("an unknown type")
	}
	return l.withDataset(req.Name, func(d *dataset) error {
		r, err := d.reader(C.int(req.Type), req.Field)
		if err != nil {
			return err
		}
		defer r.close()
		if req.ByColumns {
			return r.columns(req.Columns, s)
		}
		start, count, err := d.selection(req)
		if err != nil {
			return err
		}
		n := product(count)
		if n == 0 {
			return s.begin([]int{0}, r.size)
		}
		if err := d.fits(n, r.size); err != nil {
			return err
		}
		if err := s.begin(count, r.size); err != nil {
			return err
		}
		return pieces(start, count, d.Chunk, r.size, s.room(), func(at, n []int) error {
			buf := s.piece(relative(at, start), n, product(n)*r.size)
			if err := r.block(at, n, buf, n, make([]int, len(n))); err != nil {
				return err
			}
			return s.done()
		})
	})
}

func relative(at, start []int) []int {
	out := make([]int, len(at))
	for i := range at {
		out[i] = at[i] - start[i]
	}
	return out
}

// selection is the block that a request asks for.
func (d *dataset) selection(req *request) (start, count []int, err error) {
	start, count = make([]int, len(d.Shape)), append([]int(nil), d.Shape...)
	switch {
	case req.ByBlock:
		if len(req.Start) != len(d.Shape) || len(req.Count) != len(d.Shape) {
			return nil, nil, d.l.errorf(d.name, "a block from %v of %v asked of shape %v", req.Start, req.Count, d.Shape)
		}
		for i, n := range d.Shape {
			if s, c := req.Start[i], req.Count[i]; s < 0 || c < 0 || s > n || c > n-s {
				return nil, nil, d.l.errorf(d.name, "a block from %v of %v asked of shape %v", req.Start, req.Count, d.Shape)
			}
		}
		return append(start[:0], req.Start...), append(count[:0], req.Count...), nil
	case len(req.Rows) > 0:
		r := req.Rows[0]
		if len(d.Shape) == 0 || r.From < 0 || r.From > r.To || r.To > d.Shape[0] {
			return nil, nil, d.l.errorf(d.name, "rows %d to %d asked of shape %v", r.From, r.To, d.Shape)
		}
		start[0], count[0] = r.From, r.To-r.From
	}
	return start, count, nil
}

// pieces cuts a block into parts of about room bytes. Parts of a chunked dataset end where chunks do, so
// that no chunk is unpacked twice but at the edges.
func pieces(start, count, chunk []int, size, room int, each func(start, count []int) error) error {
	unit, bytes := make([]int, len(count)), size
	for a := range count {
		unit[a] = 1
		if chunk != nil {
			unit[a] = chunk[a]
		}
		bytes *= min(unit[a], count[a])
	}
	for a := len(count) - 1; a >= 0; a-- {
		k := max(1, room/bytes)
		if k < (start[a]+count[a]+unit[a]-1)/unit[a] {
			unit[a] *= k
			break
		}
		bytes *= (count[a] + unit[a] - 1) / unit[a]
		unit[a] = start[a] + count[a]
	}
	at, n := append([]int(nil), start...), make([]int, len(count))
	for {
		for a := range at {
			n[a] = min(start[a]+count[a], (at[a]/unit[a]+1)*unit[a]) - at[a]
		}
		if err := each(at, n); err != nil {
			return err
		}
		a := len(at) - 1
		for ; a >= 0; a-- {
			if at[a] += n[a]; at[a] < start[a]+count[a] {
				break
			}
			at[a] = start[a]
		}
		if a < 0 {
			return nil
		}
	}
}
