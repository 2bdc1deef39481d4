package slr

import (
	"errors"
	"math"

	"reverie/compute/blas"
)

// solveWide computes w and gain where features are more than samples, by the factor r of
// I + X·A·Xᵀ: with v the columns of r⁻ᵀ·X·√A, gain is |v|² and w is √A·v·(r⁻ᵀy).
func (a *ard) solveWide() error {
	n, d := a.samples, a.d
	for i, v := range a.a {
		a.root[i] = math.Sqrt(v)
	}
	for i := range n {
		to := a.wide[i*d : (i+1)*d]
		for j, x := range a.z[i*d : (i+1)*d] {
			to[j] = x * a.root[j]
		}
	}
	v, r := blas.Of(n, d, a.wide), blas.Of(n, n, a.side)
	if err := blas.Syrk(false, 1, v, 0, r); err != nil {
		return err
	}
	for i := range n {
		a.side[i*n+i]++
	}
	if err := blas.Potrf(r); err != nil {
		return err
	}
	copy(a.b, a.y)
	if err := errors.Join(blas.Trsm(r, v), blas.Trsm(r, blas.Of(n, 1, a.b))); err != nil {
		return err
	}
	clear(a.w)
	clear(a.gain)
	for i, b := range a.b {
		for j, x := range a.wide[i*d : (i+1)*d] {
			a.gain[j] += x * x
			a.w[j] += x * b
		}
	}
	for j, s := range a.root[:d] {
		a.w[j] *= s
	}
	return nil
}
