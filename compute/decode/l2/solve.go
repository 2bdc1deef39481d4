package l2

import (
	"errors"
	"fmt"
	"math"

	"reverie/compute/blas"
)

// solver solves one symmetric system at a time without allocating.
type solver struct {
	k        int
	s        []float64 // the system's upper triangle
	factor   []float32 // the same in single precision, then its factor; nil for float64 throughout
	right, w []float64
	residual []float64
	step     []float32
	exact    int // systems that single precision could not solve
}

func newSolver(k int, single bool) *solver {
	v := &solver{k: k, s: make([]float64, k*k), right: make([]float64, k), w: make([]float64, k)}
	if single {
		v.factor, v.residual, v.step = make([]float32, k*k), make([]float64, k), make([]float32, k)
	}
	return v
}

const (
	refined  = 1e-11 // relative size of the next correction at which refinement ends
	refineAt = 0.1   // corrections that shrink less than this are no way to go
	refines  = 12
)

// solve puts the solution for right into w. s and factor are spoilt.
func (v *solver) solve() error {
	if v.factor != nil {
		ok, err := v.refine()
		if ok || err != nil {
			return err
		}
		v.exact++
	}
	copy(v.w, v.right)
	a := blas.Of(v.k, v.k, v.s)
	if err := blas.Potrf(a); err != nil {
		if errors.Is(err, blas.ErrNotPositive) {
			return fmt.Errorf("the voxels' %w: raise alpha", err)
		}
		return err
	}
	if err := blas.Potrs(a, blas.Of(1, v.k, v.w)); err != nil {
		return err
	}
	if !finite(v.w) {
		return errors.New("the weights are not finite: the values are too large or the voxels' matrix is singular; scale them or raise alpha")
	}
	return nil
}

// refine factorises in single precision and corrects the solution by residuals
// in double precision. It reports false, s being as before, where the
// corrections do not shrink fast enough for the solution to be trusted.
func (v *solver) refine() (bool, error) {
	a := blas.Of(v.k, v.k, v.factor)
	if err := blas.Potrf(a); err != nil {
		if errors.Is(err, blas.ErrNotPositive) {
			return false, nil
		}
		return false, err
	}
	system, step := blas.Of(v.k, v.k, v.s), blas.Of(1, v.k, v.step)
	clear(v.w)
	copy(v.residual, v.right)
	last := 0.0
	for i := range refines {
		size := norm(v.residual)
		if size == 0 {
			return true, nil
		}
		if size-size != 0 {
			return false, nil
		}
		for i, r := range v.residual { // scaled, for float32 has less range
			v.step[i] = float32(r / size)
		}
		if err := blas.Potrs(a, step); err != nil {
			return false, err
		}
		change := 0.0
		for i, s := range v.step {
			c := float64(s) * size
			v.w[i] += c
			change = max(change, math.Abs(c))
		}
		whole := norm(v.w)
		if whole-whole != 0 || change-change != 0 {
			return false, nil
		}
		if i > 0 {
			// The next correction would be smaller than this one by about as much.
			shrink := change / last
			if shrink*change <= refined*whole {
				return true, nil
			}
			if shrink > refineAt {
				return false, nil
			}
		}
		last = change
		copy(v.residual, v.right)
		if err := blas.Symv(-1, system, v.w, 1, v.residual); err != nil {
			return false, err
		}
	}
	return false, nil
}

// norm is the largest absolute value; NaN where there is one.
func norm(v []float64) float64 {
	m := 0.0
	for _, x := range v {
		m = max(m, math.Abs(x))
	}
	return m
}

func finite(v []float64) bool {
	m := norm(v)
	return m-m == 0
}
