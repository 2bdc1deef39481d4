package blas

// #include "shim.h"
import "C"

import (
	"fmt"
	"unsafe"
)

// Triangle is a symmetric matrix of Size rows, kept as the rows of its upper
// triangle one after the other: row i begins with the diagonal.
type Triangle[T Float] struct {
	Size int
	Data []T
}

// NewTriangle makes a matrix of zeros.
func NewTriangle[T Float](size int) Triangle[T] {
	return Triangle[T]{Size: size, Data: make([]T, size*(size+1)/2)}
}

// Row is row i from the diagonal on.
func (t Triangle[T]) Row(i int) []T {
	from := i*t.Size - i*(i-1)/2
	return t.Data[from : from+t.Size-i]
}

// Gather writes the chosen rows and columns, in rising order, to the upper
// triangle of the square s, rows of len(chosen), and to a as well where a is there.
func (t Triangle[T]) Gather(chosen []uint32, s []float64, a []float32) error {
	k := len(chosen)
	if t.Size < 1 || t.Size > 1<<31-1 || len(t.Data) != t.Size*(t.Size+1)/2 {
		return fmt.Errorf("blas: triangle of %d numbers for a matrix of %d", len(t.Data), t.Size)
	}
	if k == 0 || k > t.Size || len(s) != k*k || a != nil && len(a) != k*k {
		return fmt.Errorf("blas: gather: %d of %d rows into %d and %d numbers", k, t.Size, len(s), len(a))
	}
	for i, c := range chosen {
		if int(c) >= t.Size || i > 0 && c <= chosen[i-1] {
			return fmt.Errorf("blas: gather: row %d of %d at place %d: rows must rise", c, t.Size, i)
		}
	}
	c := (*C.uint)(unsafe.Pointer(unsafe.SliceData(chosen)))
	if single[T]() {
		C.rv_sgather(C.longlong(t.Size), f32(t.Data), C.int(k), c, f64(s), f32(a))
	} else {
		C.rv_dgather(C.longlong(t.Size), f64(t.Data), C.int(k), c, f64(s), f32(a))
	}
	return nil
}
