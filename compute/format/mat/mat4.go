package mat

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// types4 are the types of numbers of level 4: how they are stored and what class they are.
var types4 = [...]struct {
	mi    uint32
	size  int64
	class Class
}{{miDOUBLE, 8, Double}, {miSINGLE, 4, Single}, {miINT32, 4, Int32}, {miINT16, 2, Int16}, {miUINT16, 2, Uint16}, {miUINT8, 1, Uint8}}

// list4 reads the heads of the variables of level 4.
func (f *File) list4() error {
	for at := int64(0); at < f.size; {
		var b [20]byte
		if _, err := f.r.ReadAt(b[:], at); err != nil {
			return fmt.Errorf("byte %d: not a variable of a MAT-file of level 4: %w", at, plain(err))
		}
		var order binary.ByteOrder = binary.LittleEndian
		mopt := order.Uint32(b[:])
		if mopt >= 5000 {
			order = binary.BigEndian
			mopt = order.Uint32(b[:])
		}
		m, o, p, t := mopt/1000, mopt/100%10, mopt/10%10, mopt%10
		if m > 1 || o != 0 || int(p) >= len(types4) || t > 2 || f.order != nil && f.order != order {
			return fmt.Errorf("byte %d: %d is no type of level 4: not a MAT-file, damaged, or written by a VAX or Cray", at, mopt)
		}
		f.order = order
		var v [4]int64
		for k := range v {
			v[k] = int64(int32(order.Uint32(b[4+4*k:])))
		}
		rows, cols, imag, name := v[0], v[1], v[2], v[3]
		if rows < 0 || cols < 0 || imag < 0 || imag > 1 || name < 1 || name > maxName {
			return fmt.Errorf("byte %d: sizes %v: not a MAT-file, or damaged", at, v)
		}
		e := entry{at: at + 20 + name, mopt: int(mopt), Info: Info{Class: types4[p].class, Dims: []int{int(rows), int(cols)}, Complex: imag == 1}}
		left := f.size - e.at
		if rows > 0 && cols > max(left, 0)/rows/types4[p].size/(1+imag) || left < 0 {
			return fmt.Errorf("byte %d: %d×%d numbers where %d bytes are left: the file is cut off or damaged", at, rows, cols, max(left, 0))
		}
		e.n = rows * cols * types4[p].size
		text := make([]byte, name)
		if _, err := f.r.ReadAt(text, at+20); err != nil {
			return fmt.Errorf("byte %d: a name: %w", at+20, plain(err))
		}
		e.Name = byteText(bytes.TrimRight(text, "\x00"))
		switch t {
		case 1:
			e.Class = Char
		case 2:
			if err := f.sparse4(&e, cols); err != nil {
				return err
			}
		}
		f.entries = append(f.entries, e)
		at = e.at + e.n*(1+imag)
	}
	return nil
}

// sparse4 finds the dimensions of a sparse array: they stand in its last row.
func (f *File) sparse4(e *entry, cols int64) error {
	a, err := f.numbers4(*e)
	if err != nil {
		return err
	}
	v, err := convert[float64](a, a.re)
	rows := len(v) / max(int(cols), 1)
	if err != nil || cols != 3 && cols != 4 || rows < 1 || a.im != nil {
		return fmt.Errorf("byte %d: a sparse array of %d columns: the file is damaged", e.at, cols)
	}
	e.Class, e.Complex = Sparse, cols == 4
	for k := range e.Dims {
		d := v[(k+1)*rows-1]
		if !(d >= 0 && d < math.MaxInt32) || d != math.Trunc(d) {
			return fmt.Errorf("byte %d: a sparse array with a dimension of %v: the file is damaged", e.at, d)
		}
		e.Dims[k] = int(d)
	}
	return nil
}

// numbers4 reads the numbers as they lie.
func (f *File) numbers4(e entry) (*Array, error) {
	t := types4[e.mopt/10%10]
	a := &Array{Info: e.Info}
	sec := io.NewSectionReader(f.r, e.at, f.size-e.at)
	s := &stream{r: bufio.NewReaderSize(sec, bufferSize), sec: sec, order: f.order, base: e.at}
	var err error
	a.re, err = s.numbers(element{typ: t.mi, n: e.n})
	if err == nil && e.Complex && e.mopt%10 != 2 {
		a.im, err = s.numbers(element{typ: t.mi, n: e.n})
	}
	return a, err
}

// read4 reads a variable of level 4.
func (f *File) read4(e entry) (*Array, error) {
	a, err := f.numbers4(e)
	if err != nil {
		return nil, err
	}
	switch e.mopt % 10 {
	case 1:
		if a.re = units(a.re, length(a.re), false); a.re == nil {
			return nil, fmt.Errorf("byte %d: text of a type that holds none: the file is damaged", e.at)
		}
		a.im, a.Complex = nil, false
	case 2:
		err = a.fromTriplets()
	}
	return a, err
}

// fromTriplets makes a sparse array of rows (row, column, real part, imaginary part), counted from 1 and
// sorted by column, and a last row that holds the dimensions.
func (a *Array) fromTriplets() error {
	v, err := convert[float64](a, a.re)
	if err != nil {
		return err
	}
	cols := 3
	if a.Complex {
		cols = 4
	}
	rows := len(v) / cols
	n := rows - 1
	if a.Dims[1] > len(v)*64+1<<16 { // the starts of the columns are not in the file
		return fmt.Errorf("a sparse array of %v with %d entries is too wide", a.Dims, n)
	}
	a.ir, a.jc = make([]int32, n), make([]int32, a.Dims[1]+1)
	last := 0
	for k := range n {
		r, c := v[k], v[rows+k]
		if !(r >= 1 && r <= float64(a.Dims[0]) && c >= float64(last) && c >= 1 && c <= float64(a.Dims[1])) {
			return fmt.Errorf("entry %d of a sparse array stands at (%v, %v): the file is damaged", k, r, c)
		}
		last = int(c)
		a.ir[k] = int32(r) - 1
		a.jc[last]++
	}
	for c := range a.jc[1:] {
		a.jc[c+1] += a.jc[c]
	}
	a.re = v[2*rows : 3*rows-1]
	if a.Complex {
		a.im = v[3*rows : 4*rows-1]
	}
	return nil
}
