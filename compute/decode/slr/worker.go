package slr

import (
	"context"
	"errors"
	"fmt"
	"math"

	"reverie/compute/blas"
	"reverie/compute/decode/internal/voxel"
)

// worker has the room that one goroutine needs for a chunk of units.
type worker struct {
	f       *Fitter
	y       []float64 // rows × units
	num     []float64 // units × voxels: Xᵀy
	scores  []float64
	chosen  []uint32
	chooser voxel.Chooser
	ard     *ard
	z       []float64 // samples × features of one unit; nil where the products of all voxels are there
	out     Weights
}

func newWorker(f *Fitter, units int) *worker {
	k := f.k + 1
	w := &worker{
		f: f, y: make([]float64, f.rows*units), num: make([]float64, units*f.d), scores: make([]float64, f.d),
		chosen: make([]uint32, f.k), ard: newARD(&f.opt, f.n, k),
		out: Weights{Voxels: f.d, Start: make([]int, 1, units+1), Index: make([]uint32, 0, units*f.k), W: make([]float64, 0, units*f.k),
			B: make([]float64, units), Iterations: make([]int, units), Failed: make([]bool, units)},
	}
	if f.gram == nil {
		w.z = make([]float64, f.n*k)
	}
	if f.k == f.d {
		for i := range w.chosen {
			w.chosen[i] = uint32(i)
		}
	}
	return w
}

// fit fits the units that have been read into y and leaves their weights in out.
func (w *worker) fit(ctx context.Context, first, units int) error {
	f, out := w.f, &w.out
	out.First, out.Units = first, units
	out.Start, out.Index, out.W = out.Start[:1], out.Index[:0], out.W[:0]
	out.B, out.Iterations, out.Failed = out.B[:units], out.Iterations[:units], out.Failed[:units]
	for r := range f.rows {
		for u, y := range w.y[r*units : (r+1)*units] {
			if y-y != 0 {
				return fmt.Errorf("slr: unit %d is %g in row %d: leave the unit or the samples of the row out", first+u, y, r)
			}
		}
	}
	if err := blas.Gemm(true, false, 1, blas.Of(f.rows, units, w.y[:f.rows*units]), blas.Of(f.rows, f.d, f.grouped), 0, blas.Of(units, f.d, w.num[:units*f.d])); err != nil {
		return err
	}
	for u := range units {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := w.unit(u, units); err != nil {
			return fmt.Errorf("slr: unit %d: %w", first+u, err)
		}
		out.Start = append(out.Start, len(out.W))
	}
	return nil
}

// unit chooses the voxels of one unit, fits it and appends its weights to out.
func (w *worker) unit(u, units int) error {
	f, a := w.f, w.ard
	sum, yy, low, high := 0.0, 0.0, math.Inf(1), math.Inf(-1)
	for r, c := range f.count {
		y := w.y[r*units+u]
		sum += c * y
		yy += c * y * y
		low, high = min(low, y), max(high, y)
	}
	if math.IsInf(yy, 0) {
		return errors.New("the values are too large for float64: scale them")
	}
	num := w.num[u*f.d : (u+1)*f.d]
	if f.k < f.d {
		mean := sum / float64(f.n)
		for v, x := range num {
			switch {
			case f.inverse[v] < 0:
				w.scores[v] = -1
			case low == high: // rounding must not give a constant unit a pattern
				w.scores[v] = 0
			default:
				w.scores[v] = math.Abs(x-f.sum[v]*mean) * f.inverse[v]
			}
		}
		w.chooser.Choose(w.scores, false, w.chosen)
	}
	a.begin(yy)
	for i, v := range w.chosen {
		a.right[i] = num[v]
	}
	a.right[f.k] = sum
	if err := w.load(u, units); err != nil {
		return err
	}
	iterations, err := a.run(func(weights []float64, at []uint32) float64 { return w.residual(u, units, weights, at) })
	if err != nil {
		return err
	}
	out := &w.out
	out.B[u], out.Iterations[u], out.Failed[u] = 0, iterations, a.failed
	if a.failed {
		return nil
	}
	for i, p := range a.at[:a.d] {
		if int(p) == f.k {
			out.B[u] = a.w[i]
			continue
		}
		out.Index = append(out.Index, w.chosen[p])
		out.W = append(out.W, a.w[i])
	}
	return nil
}

// load gives the solver the products of the chosen voxels and the constant
// column, or their samples where those are fewer.
func (w *worker) load(u, units int) error {
	f, a := w.f, w.ard
	k := f.k + 1
	if f.gram != nil {
		s := a.room[:f.k*f.k]
		if err := f.gram.Gather(w.chosen, s, nil); err != nil {
			return err
		}
		for i, v := range w.chosen {
			copy(a.gram[i*k+i:i*k+f.k], s[i*f.k+i:(i+1)*f.k])
			a.gram[i*k+f.k] = f.sum[v]
		}
		a.gram[k*k-1] = float64(f.n)
		a.hasGram = true
		return nil
	}
	for i := range f.n {
		from, to := f.x[i*f.d:(i+1)*f.d], w.z[i*k:(i+1)*k]
		for j, v := range w.chosen {
			to[j] = from[v]
		}
		to[f.k] = 1
	}
	if f.wide() {
		for i := range f.n {
			a.y[i] = w.y[f.row(i)*units+u]
		}
		a.z, a.hasGram = w.z, false
		return nil
	}
	a.hasGram = true
	return blas.Syrk(true, 1, blas.Of(f.n, k, w.z), 0, blas.Of(k, k, a.gram))
}

// residual is Σ(y − x·w)² over the samples for the features at.
func (w *worker) residual(u, units int, weights []float64, at []uint32) float64 {
	f, total := w.f, 0.0
	for i := range f.n {
		x, d := f.x[i*f.d:(i+1)*f.d], w.y[f.row(i)*units+u]
		for j, p := range at {
			if int(p) == f.k {
				d -= weights[j]
			} else {
				d -= weights[j] * x[w.chosen[p]]
			}
		}
		total += d * d
	}
	return total
}
