package l2

import (
	"context"
	"errors"
	"fmt"
	"math"

	"reverie/compute/blas"
)

// dense solves for all voxels with one factor for all units: of voxels by
// voxels, or of samples by samples where those are fewer.
type dense struct {
	factor blas.Matrix[float64]
	x      blas.Matrix[float64] // centred samples, and √c·m below them; for the factor of samples alone
}

// dual reports whether the factor is of samples, by FastL2LiR's rule.
func (f *Fitter) dual() bool { return f.n <= f.d+1 }

func (f *Fitter) newDense(ctx context.Context) error {
	d := &dense{}
	if f.dual() {
		if f.opt.Alpha == 0 {
			return errors.New("l2: alpha 0 with fewer samples than voxels has no single answer: raise alpha or choose voxels")
		}
		n := f.n + 1
		d.x = blas.Of(n, f.d, make([]float64, n*f.d))
		for i := range f.n {
			to := d.x.Data[i*f.d : (i+1)*f.d]
			for v, x := range f.x[i*f.d : (i+1)*f.d] {
				to[v] = x - f.moments.mean[v]
			}
		}
		root := math.Sqrt(f.penalty(f.moments.n))
		for v, m := range f.moments.mean {
			d.x.Data[f.n*f.d+v] = root * m
		}
		d.factor = blas.Of(n, n, make([]float64, n*n))
		if err := blas.Syrk(false, 1, d.x, 0, d.factor); err != nil {
			return err
		}
		for i := range n {
			d.factor.Data[i*n+i] += f.opt.Alpha
		}
	} else {
		var err error
		if f.double, err = share[float64](ctx, f, true); err != nil {
			return err
		}
		t := f.double.gram
		d.factor = blas.Of(f.d, f.d, make([]float64, f.d*f.d))
		for i := range f.d {
			copy(d.factor.Data[i*f.d+i:(i+1)*f.d], t.Row(i))
		}
		f.double.gram = nil
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := blas.Potrf(d.factor); err != nil {
		return fmt.Errorf("l2: all voxels: %w: raise alpha", err)
	}
	f.dense = d
	return nil
}

// solveDense writes the weights of a chunk of units. The worker's targets are centred.
func (w *worker) solveDense(units int) error {
	f := w.f
	n, c := f.moments.n, f.penalty(f.moments.n)
	out := blas.Of(units, f.d, w.out.W[:units*f.d])
	if f.dual() {
		for u := range units {
			right := w.right[u*(f.n+1) : (u+1)*(f.n+1)]
			for i := range f.n {
				right[i] = w.y[f.row(i)*units+u]
			}
			right[f.n] = math.Sqrt(c) / n * w.sum[u]
		}
		right := blas.Of(units, f.n+1, w.right[:units*(f.n+1)])
		if err := blas.Potrs(f.dense.factor, right); err != nil {
			return err
		}
		return blas.Gemm(false, false, 1, right, f.dense.x, 0, out)
	}
	y := blas.Of(f.rows, units, w.y[:f.rows*units])
	if err := blas.Gemm(true, false, 1, y, f.double.x, 0, out); err != nil {
		return err
	}
	for u := range units {
		for v, m := range f.moments.mean {
			out.Data[u*f.d+v] += c / n * w.sum[u] * m
		}
	}
	return blas.Potrs(f.dense.factor, out)
}
