package blas

// #include "shim.h"
import "C"

import (
	"errors"
	"fmt"
)

// Trsm solves rᵀ·x = b for the upper triangle r, such as Potrf leaves: the
// columns of b are right sides and become their solutions.
func Trsm(r, b Matrix[float64]) error {
	if err := errors.Join(r.square("r"), b.check("b")); err != nil {
		return err
	}
	if b.Rows != r.Rows {
		return fmt.Errorf("blas: trsm: right sides of %d for a triangle of %d", b.Rows, r.Rows)
	}
	C.rv_dtrsm(C.int(b.Rows), C.int(b.Cols), f64(r.Data), C.int(r.Stride), f64(b.Data), C.int(b.Stride))
	return nil
}

// RootInverse replaces the upper triangle of the symmetric a by the upper
// triangle t of which t·tᵀ is the inverse of a: the diagonal of that is the
// squared lengths of t's rows. The error is ErrNotPositive where a has no
// Cholesky factor; the triangle is spoilt then. Numbers that are not finite may
// pass unnoticed.
func RootInverse(a Matrix[float64]) error {
	if err := a.square("a"); err != nil {
		return err
	}
	return lapack("potrf", C.rv_droot(C.int(a.Rows), f64(a.Data), C.int(a.Stride)))
}

// Trmv sets x to t·x for the upper triangle t, or to tᵀ·x.
func Trmv(trans bool, t Matrix[float64], x []float64) error {
	if err := t.square("t"); err != nil {
		return err
	}
	if len(x) != t.Rows {
		return fmt.Errorf("blas: trmv: vector of %d for a triangle of %d", len(x), t.Rows)
	}
	C.rv_dtrmv(flag(trans), C.int(t.Rows), f64(t.Data), C.int(t.Stride), f64(x))
	return nil
}

// Lauum replaces the upper triangle t in a by the upper triangle of t·tᵀ: after
// RootInverse the inverse itself.
func Lauum(a Matrix[float64]) error {
	if err := a.square("a"); err != nil {
		return err
	}
	return lapack("lauum", C.rv_dlauum(C.int(a.Rows), f64(a.Data), C.int(a.Stride)))
}
