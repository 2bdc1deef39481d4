package l2

import (
	"context"
	"fmt"
	"math"

	"reverie/compute/blas"
	"reverie/compute/decode/internal/voxel"
)

// worker has the room that one goroutine needs for a chunk of units.
type worker struct {
	f       *Fitter
	y       []float64 // rows × units, centred per unit; 0 where dropped
	y32     []float32
	gone    []bool    // rows × units: dropped; nil unless rows may be
	num     []float64 // units × voxels: Σ xc·y
	part    []float32
	n, sum  []float64 // per unit, over the samples that it has
	low     []float64
	high    []float64
	scores  []float64
	right   []float64 // units × (samples+1), for the factor of samples
	chooser voxel.Chooser
	solver  *solver
	direct  *direct
	few     *fewSolver
	out     Weights
}

func newWorker(f *Fitter, units int) *worker {
	w := &worker{
		f: f, y: make([]float64, f.rows*units),
		n: make([]float64, units), sum: make([]float64, units), low: make([]float64, units), high: make([]float64, units),
		out: Weights{Voxels: f.d, PerUnit: f.k, Spatial: f.opt.Spatial,
			Index: make([]uint32, units*f.k), W: make([]float64, units*f.k), B: make([]float64, units)},
	}
	if f.opt.DropNaN {
		w.gone = make([]bool, f.rows*units)
	}
	if f.all {
		if f.dual() {
			w.right = make([]float64, units*(f.n+1))
		}
		for i := range w.out.Index {
			w.out.Index[i] = uint32(i % f.d)
		}
		return w
	}
	w.num, w.scores = make([]float64, units*f.d), make([]float64, f.d)
	if f.single != nil {
		w.y32, w.part = make([]float32, len(w.y)), make([]float32, len(w.num))
	}
	if f.few != nil {
		w.few = f.newFewSolver()
		return w
	}
	w.solver = newSolver(f.k, f.opt.Precision != Float64)
	return w
}

// centre takes each unit's mean over its samples away. Rows without a value are dropped or refused.
func (w *worker) centre(first, units int) error {
	f := w.f
	clear(w.n)
	clear(w.sum)
	for u := range units {
		w.low[u], w.high[u] = math.Inf(1), math.Inf(-1)
	}
	for r, c := range f.count {
		for u, y := range w.y[r*units : (r+1)*units] {
			if y-y != 0 {
				if !math.IsNaN(y) || w.gone == nil {
					return fmt.Errorf("l2: unit %d is %g in row %d: leave the unit out, or its rows that are NaN by DropNaN", first+u, y, r)
				}
				w.gone[r*units+u] = true
				continue
			}
			if w.gone != nil {
				w.gone[r*units+u] = false
			}
			w.n[u] += c
			w.sum[u] += c * y
			w.low[u], w.high[u] = min(w.low[u], y), max(w.high[u], y)
		}
	}
	for u := range units {
		if w.n[u] < 2 {
			return fmt.Errorf("l2: unit %d has %g samples that are not NaN, want at least 2: leave the unit out", first+u, w.n[u])
		}
	}
	for r := range f.rows {
		row := w.y[r*units : (r+1)*units]
		for u, y := range row {
			// Rounding must not give a constant unit a pattern.
			if w.low[u] == w.high[u] || w.gone != nil && w.gone[r*units+u] {
				row[u] = 0
			} else {
				row[u] = y - w.sum[u]/w.n[u]
			}
		}
	}
	return nil
}

// fit fits the units that have been read into y.
func (w *worker) fit(ctx context.Context, first, units int) error {
	f := w.f
	if err := w.centre(first, units); err != nil {
		return err
	}
	switch {
	case f.all:
		if err := w.solveDense(units); err != nil {
			return err
		}
	case f.single != nil:
		y := w.y32[:f.rows*units]
		for i, x := range w.y[:len(y)] {
			y[i] = float32(x)
		}
		if err := voxel.Accumulate(blas.Of(f.rows, units, y), f.single.x, w.num, w.part); err != nil {
			return err
		}
	default:
		if err := voxel.Accumulate(blas.Of(f.rows, units, w.y[:f.rows*units]), f.double.x, w.num, nil); err != nil {
			return err
		}
	}
	for u := range units {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := w.unit(u, units); err != nil {
			return fmt.Errorf("l2: unit %d: %w", first+u, err)
		}
	}
	return nil
}

// unit chooses the voxels of one unit, solves for its weights and sets its bias.
func (w *worker) unit(u, units int) error {
	f := w.f
	k := f.k
	m, dropped := &f.moments, w.n[u] < f.moments.n
	var keep []bool
	direct := dropped || !f.all && f.few == nil && !f.hasGram()
	if w.direct == nil && direct {
		w.direct = newDirect(f)
	}
	if dropped {
		var err error
		if m, err = w.kept(u, units); err != nil {
			return err
		}
		keep = w.direct.keep
	}
	chosen, to := w.out.Index[u*k:(u+1)*k], w.out.W[u*k:(u+1)*k]
	if !f.all {
		for v, x := range w.num[u*f.d : (u+1)*f.d] {
			if i := m.inverse[v]; i > 0 {
				w.scores[v] = math.Abs(x) * i
			} else {
				w.scores[v] = -1
			}
		}
		w.chooser.Choose(w.scores, f.low, chosen)
	}
	mw := 0.0
	switch {
	case direct:
		d := w.direct
		if err := d.one(f, chosen, keep, func(r int) float64 { return w.y[r*units+u] }, w.sum[u]); err != nil {
			return err
		}
		copy(to, d.solver.w)
		for j, x := range d.mean {
			mw += x * to[j]
		}
	case f.few != nil:
		if err := w.few.solve(f, chosen, func(r int) float64 { return w.y[r*units+u] }, w.sum[u], to); err != nil {
			return err
		}
		for j, v := range chosen {
			mw += m.mean[v] * to[j]
		}
	default:
		if !f.all {
			if err := w.gather(chosen); err != nil {
				return err
			}
			c := f.penalty(m.n) / m.n * w.sum[u]
			for j, v := range chosen {
				w.solver.right[j] = w.num[u*f.d+int(v)] + c*m.mean[v]
			}
			if err := w.solver.solve(); err != nil {
				return err
			}
			copy(to, w.solver.w)
		}
		for j, v := range chosen {
			mw += m.mean[v] * to[j]
		}
	}
	w.out.B[u] = f.bias(m.n, w.sum[u], mw)
	if !finite(to) {
		return fmt.Errorf("the weights are not finite: scale the values or raise alpha")
	}
	return nil
}

func (f *Fitter) hasGram() bool {
	return f.single != nil && f.single.gram != nil || f.double != nil && f.double.gram != nil
}

func (w *worker) gather(chosen []uint32) error {
	if w.f.single != nil {
		return w.f.single.gram.Gather(chosen, w.solver.s, w.solver.factor)
	}
	return w.f.double.gram.Gather(chosen, w.solver.s, w.solver.factor)
}

// deliver gives the chunk as its receiver sees it.
func (w *worker) deliver(first, units int) *Weights {
	out := w.out
	out.First, out.Units = first, units
	out.Index, out.W, out.B = out.Index[:units*w.f.k], out.W[:units*w.f.k], out.B[:units]
	return &out
}
