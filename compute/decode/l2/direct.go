package l2

import (
	"fmt"
	"slices"

	"reverie/compute/blas"
)

// direct solves for one unit from the samples themselves, in float64: where
// rows are dropped, samples are normalised per unit, or the products of all
// voxels do not fit into memory.
type direct struct {
	solver  *solver
	z, y    []float64 // samples of the chosen voxels, centred; the unit's values, centred
	mean    []float64
	keep    []bool
	moments moments // over keep
	known   bool
}

func newDirect(f *Fitter) *direct {
	return &direct{
		solver: newSolver(f.k, false), mean: make([]float64, f.k), keep: make([]bool, f.rows),
		z: make([]float64, f.n*f.k), y: make([]float64, f.n),
	}
}

// kept gives the moments over the rows where unit u has a value. Units of one
// layer mostly lack the same rows, so those of the last unit are kept.
func (w *worker) kept(u, units int) (*moments, error) {
	d := w.direct
	same := d.known
	for r := range d.keep {
		k := !w.gone[r*units+u]
		same = same && k == d.keep[r]
		d.keep[r] = k
	}
	if !same {
		d.known = false
		if err := w.f.measure(&d.moments, d.keep); err != nil {
			return nil, err
		}
		d.known = true
	}
	return &d.moments, nil
}

// one fits unit u with the chosen voxels. keep is nil where no row is dropped.
func (d *direct) one(f *Fitter, chosen []uint32, keep []bool, y func(row int) float64, sum float64) error {
	k, n := len(chosen), 0
	clear(d.mean)
	for i := range f.n {
		r := f.row(i)
		if keep != nil && !keep[r] {
			continue
		}
		from, to := f.x[i*f.d:(i+1)*f.d], d.z[n*k:(n+1)*k]
		for j, v := range chosen {
			to[j] = from[v]
		}
		if !f.spatial.Apply(to) {
			return fmt.Errorf("sample %d cannot be normalised by %s over its %d voxels: they are all alike", i, f.spatial, k)
		}
		for j, x := range to {
			d.mean[j] += x
		}
		d.y[n] = y(r)
		n++
	}
	for j := range d.mean {
		d.mean[j] /= float64(n)
	}
	for row := range slices.Chunk(d.z[:n*k], k) {
		for j, m := range d.mean {
			row[j] -= m
		}
	}
	v := d.solver
	z := blas.Of(n, k, d.z[:n*k])
	if err := blas.Syrk(true, 1, z, 0, blas.Of(k, k, v.s)); err != nil {
		return err
	}
	if err := blas.Gemm(true, false, 1, blas.Of(n, 1, d.y[:n]), z, 0, blas.Of(1, k, v.right)); err != nil {
		return err
	}
	c := f.penalty(float64(n))
	for i, m := range d.mean {
		for j := i; j < k; j++ {
			v.s[i*k+j] += c * m * d.mean[j]
		}
		v.s[i*k+i] += f.opt.Alpha
		v.right[i] += c / float64(n) * sum * m
	}
	return v.solve()
}
