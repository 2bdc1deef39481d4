package l2

import (
	"errors"
	"fmt"
	"math"

	"reverie/compute/blas"
)

// few solves for chosen voxels where samples are few: with A the centred
// samples of the voxels and √c·m below them, w = Aᵀ·(A·Aᵀ + alpha·I)⁻¹·ỹ, a
// system of samples instead of voxels. It is in float64 whatever the precision.
type few struct {
	x []float64 // voxels × (samples+1)
}

// isFew reports whether that is less work than gathering and factorising the
// products of the chosen voxels: from twice as many of them as samples on.
func (f *Fitter) isFew() bool {
	return !f.all && f.spatial == NoSpatial && f.opt.Alpha > 0 && 2*f.n <= f.k
}

func (f *Fitter) newFew() *few {
	n := f.n + 1
	x := make([]float64, f.d*n)
	for i := range f.n {
		for v, s := range f.x[i*f.d : (i+1)*f.d] {
			x[v*n+i] = s - f.moments.mean[v]
		}
	}
	root := math.Sqrt(f.penalty(f.moments.n))
	for v, m := range f.moments.mean {
		x[v*n+f.n] = root * m
	}
	return &few{x}
}

// fewSolver has the room for one unit.
type fewSolver struct {
	z, s, right []float64
}

func (f *Fitter) newFewSolver() *fewSolver {
	n := f.n + 1
	return &fewSolver{make([]float64, f.k*n), make([]float64, n*n), make([]float64, n)}
}

// solve puts the weights of the chosen voxels into to. y gives a sample's
// centred value, sum is of the values before they were centred.
func (v *fewSolver) solve(f *Fitter, chosen []uint32, y func(row int) float64, sum float64, to []float64) error {
	n := f.n + 1
	for j, c := range chosen {
		copy(v.z[j*n:(j+1)*n], f.few.x[int(c)*n:(int(c)+1)*n])
	}
	z, s := blas.Of(len(chosen), n, v.z), blas.Of(n, n, v.s)
	if err := blas.Syrk(true, 1, z, 0, s); err != nil {
		return err
	}
	for i := range n {
		v.s[i*n+i] += f.opt.Alpha
	}
	for i := range f.n {
		v.right[i] = y(f.row(i))
	}
	v.right[f.n] = math.Sqrt(f.penalty(f.moments.n)) / f.moments.n * sum
	if err := blas.Potrf(s); err != nil {
		if errors.Is(err, blas.ErrNotPositive) {
			return fmt.Errorf("the samples' %w: raise alpha", err)
		}
		return err
	}
	right := blas.Of(1, n, v.right)
	if err := blas.Potrs(s, right); err != nil {
		return err
	}
	return blas.Gemm(false, true, 1, right, z, 0, blas.Of(1, len(chosen), to))
}
