package npy

import (
	"slices"
	"sort"
)

// visit gets the raw bytes of count elements that stand at C-order places to, to+step, to+2·step, …,
// counted from the first element asked for.
type visit func(raw []byte, count, to, step int) error

// walk reads elements from to from+n of the array in C order and hands them to v as they lie in the file.
func (a *Array) walk(from, n int, v visit) error {
	if n == 0 {
		return nil
	}
	whole := n == a.Len
	s, err := a.src.open(a.start, whole)
	if err != nil {
		return a.errorf("%w", err)
	}
	defer s.closer.Close()
	_, width := a.Rows()
	switch {
	case a.linear():
		if err = s.skip(int64(from) * int64(a.DType.Size)); err == nil {
			err = a.run(s, n, 0, 1, v)
		}
	case from%width == 0 && n%width == 0:
		shape := a.Shape
		if whole { // axes of length 1 would make the runs short
			shape = long(shape)
			width = n / shape[0]
		}
		err = a.fortranRows(s, shape, from/width, n/width, v)
	default:
		err = a.scattered(s, from, n, v)
	}
	if err == nil && whole {
		err = s.finish()
	}
	if err != nil {
		return a.errorf("%w", err)
	}
	return nil
}

// linear reports whether the file has the elements in C order.
func (a *Array) linear() bool { return !a.Fortran || len(long(a.Shape)) < 2 }

// long returns the axes that are not of length 1.
func long(shape []int) []int {
	return slices.DeleteFunc(slices.Clone(shape), func(n int) bool { return n == 1 })
}

// run hands on n elements that lie one after another, in pieces.
func (a *Array) run(s *stream, n, to, step int, v visit) error {
	size := a.DType.Size
	if size == 0 {
		return v(nil, n, to, step)
	}
	piece := max(bufferSize/size, 1)
	if need := min(piece, n) * size; len(s.buf) < need {
		s.buf = make([]byte, need)
	}
	buf := s.buf
	for n > 0 {
		m := min(piece, n)
		if err := s.full(buf[:m*size]); err != nil {
			return err
		}
		if err := v(buf[:m*size], m, to, step); err != nil {
			return err
		}
		n, to = n-m, to+m*step
	}
	return nil
}

// fortranRows hands on count rows from the row first of an array that is stored with its first axis fastest:
// for every place in the other axes, first of them fastest, one run of rows.
func (a *Array) fortranRows(s *stream, shape []int, first, count int, v visit) error {
	size := int64(a.DType.Size)
	stride := strides(shape)
	idx := make([]int, len(shape))
	to := 0
	if err := s.skip(int64(first) * size); err != nil {
		return err
	}
	for {
		if err := a.run(s, count, to, stride[0], v); err != nil {
			return err
		}
		k := 1
		for ; k < len(idx); k++ {
			idx[k]++
			to += stride[k]
			if idx[k] < shape[k] {
				break
			}
			to -= idx[k] * stride[k]
			idx[k] = 0
		}
		if k == len(idx) {
			return nil
		}
		if err := s.skip(int64(shape[0]-count) * size); err != nil {
			return err
		}
	}
}

// scattered hands on elements of an array in Fortran order one by one, in the order of the file.
func (a *Array) scattered(s *stream, from, n int, v visit) error {
	type place struct{ at, to int }
	places := make([]place, n)
	for i := range places {
		rest, at, step := from+i, 0, a.Len
		for k := len(a.Shape) - 1; k >= 0; k-- {
			step /= a.Shape[k]
			at += rest % a.Shape[k] * step
			rest /= a.Shape[k]
		}
		places[i] = place{at, i}
	}
	sort.Slice(places, func(i, j int) bool { return places[i].at < places[j].at })
	next := 0
	for _, p := range places {
		if err := s.skip(int64(p.at-next) * int64(a.DType.Size)); err != nil {
			return err
		}
		if err := a.run(s, 1, p.to, 1, v); err != nil {
			return err
		}
		next = p.at + 1
	}
	return nil
}

// strides returns how far apart neighbours of each axis are in C order.
func strides(shape []int) []int {
	s := make([]int, len(shape))
	for k, n := len(shape)-1, 1; k >= 0; k-- {
		s[k] = n
		n *= shape[k]
	}
	return s
}
