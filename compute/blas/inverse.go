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

// Trtri replaces the factor r that Potrf left in the upper triangle of a by its
// inverse t, upper too. The inverse of rᵀ·r is t·tᵀ, so that its diagonal is the
// squared lengths of t's rows.
func Trtri(a Matrix[float64]) error {
	if err := a.square("a"); err != nil {
		return err
	}
	return lapack("trtri", C.rv_dtrtri(C.int(a.Rows), f64(a.Data), C.int(a.Stride)))
}

// Lauum replaces the upper triangle t in a by the upper triangle of t·tᵀ: after
// Trtri the inverse of the matrix that was factorised.
func Lauum(a Matrix[float64]) error {
	if err := a.square("a"); err != nil {
		return err
	}
	return lapack("lauum", C.rv_dlauum(C.int(a.Rows), f64(a.Data), C.int(a.Stride)))
}
