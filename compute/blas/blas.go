// Package blas is the dense linear algebra that gonum lacks in single
// precision or computes slowly: products, symmetric products, Cholesky
// factors and their solutions, by OpenBLAS through cgo.
//
// Every call computes on the thread that makes it: OpenBLAS is set to one
// thread when the program starts. Callers that want all cores make calls from
// several goroutines, on separate results. The same call on the same machine
// gives the same bits.
//
// Matrices lie by rows. Where a matrix is symmetric only its upper triangle is
// read or written.
package blas

/*
#cgo pkg-config: openblas
#cgo CFLAGS: -O2 -Wall
#include "shim.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"math"
	"os"
	"unsafe"

	"golang.org/x/sys/cpu"
)

func init() { C.rv_one_thread() }

// Float is the type of the numbers.
type Float interface{ float32 | float64 }

// Matrix is Rows × Cols numbers; row i begins at Data[i·Stride].
type Matrix[T Float] struct {
	Rows, Cols, Stride int
	Data               []T
}

// ErrNotPositive says that a matrix has no Cholesky factor.
var ErrNotPositive = errors.New("matrix is not positive definite")

// Device names OpenBLAS's version and the processor whose routines it chose.
func Device() string {
	return C.GoString(C.rv_config()) + ", routines for " + C.GoString(C.rv_core())
}

// Better is what OPENBLAS_CORETYPE should be before the program starts: older
// releases (Debian 12's 0.3.21) take AMD's processors with AVX-512 for ones
// without, and are slower by a third then. "" where the library chose well or was told.
func Better() string {
	if os.Getenv("OPENBLAS_CORETYPE") != "" {
		return ""
	}
	return better(C.GoString(C.rv_core()), cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512CD)
}

func better(core string, avx512 bool) string {
	if avx512 && (core == "Haswell" || core == "Zen") {
		return "SKYLAKEX"
	}
	return ""
}

// Of makes a matrix of rows that follow each other.
func Of[T Float](rows, cols int, data []T) Matrix[T] {
	return Matrix[T]{Rows: rows, Cols: cols, Stride: cols, Data: data}
}

func (m Matrix[T]) check(name string) error {
	switch {
	case m.Rows < 1 || m.Cols < 1 || m.Stride < m.Cols:
		return fmt.Errorf("blas: matrix %s of %d × %d in rows of %d: want at least one number and rows that hold them", name, m.Rows, m.Cols, m.Stride)
	case m.Rows > math.MaxInt32 || m.Stride > math.MaxInt32:
		return fmt.Errorf("blas: matrix %s of %d × %d in rows of %d: openblas counts to %d", name, m.Rows, m.Cols, m.Stride, math.MaxInt32)
	case len(m.Data) < (m.Rows-1)*m.Stride+m.Cols:
		return fmt.Errorf("blas: matrix %s of %d × %d in rows of %d has %d numbers, want %d", name, m.Rows, m.Cols, m.Stride, len(m.Data), (m.Rows-1)*m.Stride+m.Cols)
	}
	return nil
}

func (m Matrix[T]) square(name string) error {
	if m.Rows != m.Cols {
		return fmt.Errorf("blas: matrix %s of %d × %d, want a square one", name, m.Rows, m.Cols)
	}
	return m.check(name)
}

func f32[T Float](p []T) *C.float  { return (*C.float)(unsafe.Pointer(unsafe.SliceData(p))) }
func f64[T Float](p []T) *C.double { return (*C.double)(unsafe.Pointer(unsafe.SliceData(p))) }

func single[T Float]() bool {
	var x T
	return unsafe.Sizeof(x) == 4
}

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

// Gemm sets c to alpha·op(a)·op(b) + beta·c, where op transposes or does not.
// c shares no memory with a and b. With beta 0 the old c is not read.
func Gemm[T Float](transA, transB bool, alpha T, a, b Matrix[T], beta T, c Matrix[T]) error {
	m, k := a.Rows, a.Cols
	if transA {
		m, k = k, m
	}
	kb, n := b.Rows, b.Cols
	if transB {
		kb, n = n, kb
	}
	if k != kb || c.Rows != m || c.Cols != n {
		return fmt.Errorf("blas: gemm: %d × %d by %d × %d into %d × %d", m, k, kb, n, c.Rows, c.Cols)
	}
	if err := errors.Join(a.check("a"), b.check("b"), c.check("c")); err != nil {
		return err
	}
	if single[T]() {
		C.rv_sgemm(flag(transA), flag(transB), C.int(m), C.int(n), C.int(k), C.float(alpha), f32(a.Data), C.int(a.Stride), f32(b.Data), C.int(b.Stride), C.float(beta), f32(c.Data), C.int(c.Stride))
	} else {
		C.rv_dgemm(flag(transA), flag(transB), C.int(m), C.int(n), C.int(k), C.double(alpha), f64(a.Data), C.int(a.Stride), f64(b.Data), C.int(b.Stride), C.double(beta), f64(c.Data), C.int(c.Stride))
	}
	return nil
}

// Syrk sets the upper triangle of c to alpha·aᵀ·a + beta·c where trans is
// true, to alpha·a·aᵀ + beta·c where it is false.
func Syrk[T Float](trans bool, alpha T, a Matrix[T], beta T, c Matrix[T]) error {
	n, k := a.Rows, a.Cols
	if trans {
		n, k = k, n
	}
	if c.Rows != n || c.Cols != n {
		return fmt.Errorf("blas: syrk: %d × %d into %d × %d", n, k, c.Rows, c.Cols)
	}
	if err := errors.Join(a.check("a"), c.square("c")); err != nil {
		return err
	}
	if single[T]() {
		C.rv_ssyrk(flag(trans), C.int(n), C.int(k), C.float(alpha), f32(a.Data), C.int(a.Stride), C.float(beta), f32(c.Data), C.int(c.Stride))
	} else {
		C.rv_dsyrk(flag(trans), C.int(n), C.int(k), C.double(alpha), f64(a.Data), C.int(a.Stride), C.double(beta), f64(c.Data), C.int(c.Stride))
	}
	return nil
}

// Symv sets y to alpha·a·x + beta·y for the symmetric a, of which the upper triangle is read.
func Symv[T Float](alpha T, a Matrix[T], x []T, beta T, y []T) error {
	if err := a.square("a"); err != nil {
		return err
	}
	if len(x) != a.Rows || len(y) != a.Rows {
		return fmt.Errorf("blas: symv: vectors of %d and %d for a matrix of %d", len(x), len(y), a.Rows)
	}
	if single[T]() {
		C.rv_ssymv(C.int(a.Rows), C.float(alpha), f32(a.Data), C.int(a.Stride), f32(x), C.float(beta), f32(y))
	} else {
		C.rv_dsymv(C.int(a.Rows), C.double(alpha), f64(a.Data), C.int(a.Stride), f64(x), C.double(beta), f64(y))
	}
	return nil
}

// Potrf replaces the upper triangle of the symmetric a by its Cholesky factor
// r, a = rᵀ·r. The error is ErrNotPositive where there is none; the triangle is
// spoilt then. Numbers that are not finite may pass unnoticed.
func Potrf[T Float](a Matrix[T]) error {
	if err := a.square("a"); err != nil {
		return err
	}
	var info C.int
	if single[T]() {
		info = C.rv_spotrf(C.int(a.Rows), f32(a.Data), C.int(a.Stride))
	} else {
		info = C.rv_dpotrf(C.int(a.Rows), f64(a.Data), C.int(a.Stride))
	}
	return lapack("potrf", info)
}

// Potrs solves a·x = b with a's factor from Potrf. Every row of b is a right
// side and becomes its solution.
func Potrs[T Float](a, b Matrix[T]) error {
	if err := errors.Join(a.square("a"), b.check("b")); err != nil {
		return err
	}
	if b.Cols != a.Rows {
		return fmt.Errorf("blas: potrs: right sides of %d for a matrix of %d", b.Cols, a.Rows)
	}
	var info C.int
	if single[T]() {
		info = C.rv_spotrs(C.int(a.Rows), C.int(b.Rows), f32(a.Data), C.int(a.Stride), f32(b.Data), C.int(b.Stride))
	} else {
		info = C.rv_dpotrs(C.int(a.Rows), C.int(b.Rows), f64(a.Data), C.int(a.Stride), f64(b.Data), C.int(b.Stride))
	}
	return lapack("potrs", info)
}

func lapack(name string, info C.int) error {
	switch {
	case info > 0:
		return ErrNotPositive
	case info < 0:
		return fmt.Errorf("blas: %s refuses argument %d", name, -info)
	}
	return nil
}
