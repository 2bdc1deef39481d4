// Package slr fits sparse linear regressions with automatic relevance
// determination, the paper's feature decoders, with the numbers of the lab's
// slir (version 0.5.1; kamitani.md §5.1), for units that stream past.
//
// Every feature i, a chosen voxel or the constant column appended last, has a
// weight w and a variance A of its prior, relative to the noise S. An iteration
// sets, with G the products of the features and h those with the target,
//
//	K = G + diag(1/A),  w = K⁻¹h,  S = (Σy² − w·h)/n,
//	gain = 1 − diag(K⁻¹)/A,  A ← √(A·w²/S / gain)
//
// and drops features by Options.Prune. There is no other bias than the weight of
// the constant column, which is pruned like any other; where x and y are
// z-scored it is 0 and leaves at the first iteration.
//
// Nothing remains of a unit whose features are all pruned (a constant one, say):
// MATLAB's code gives zeros, slir raises an error, and here the weights are 0
// and Weights.Failed says so.
package slr

import (
	"errors"
	"math"

	"reverie/compute/blas"
)

const (
	systems = 4  // matrices of features by features that a solver holds
	vectors = 20 // and numbers per feature
)

// ard is the solver of one unit at a time, without allocating.
type ard struct {
	opt     *Options
	samples int
	yy      float64 // Σy²
	noise   float64 // S of the last iteration
	d       int     // features that are kept
	hasGram bool
	failed  bool
	gram    []float64 // d × d, its upper triangle
	room    []float64 // as large
	at      []uint32  // the features' first places
	right   []float64 // h
	a, old  []float64
	w, gain []float64
	keep    []bool
	runs    [][2]int // of kept features
	follower

	// Where features are more than samples:
	y, z []float64 // the samples, samples × d
	wide []float64 // as large
	root []float64
	side []float64 // samples × samples
	b    []float64
}

func newARD(opt *Options, samples, k int) *ard {
	n := min(samples, k)
	a := &ard{opt: opt, samples: samples, gram: make([]float64, n*n), room: make([]float64, n*n), at: make([]uint32, k),
		follower: newFollower(n, k), right: make([]float64, k), a: make([]float64, k), old: make([]float64, k), w: make([]float64, k), gain: make([]float64, k), keep: make([]bool, k), runs: make([][2]int, 0, k)}
	if samples < k {
		a.y, a.b, a.root = make([]float64, samples), make([]float64, samples), make([]float64, k)
		a.wide, a.side = make([]float64, samples*k), make([]float64, samples*samples)
	}
	return a
}

// begin takes a new unit up with all its features.
func (a *ard) begin(yy float64) {
	a.yy, a.failed = yy, false
	a.d, a.inverted = cap(a.at), false
	a.at, a.right, a.a, a.old, a.w, a.gain = a.at[:a.d], a.right[:a.d], a.a[:a.d], a.old[:a.d], a.w[:a.d], a.gain[:a.d]
	clear(a.last)
	for i := range a.at {
		a.at[i] = uint32(i)
	}
}

// run iterates and leaves the weights of the d features at in w; residual is
// Σ(y−x·w)². The number is that of the iterations.
func (a *ard) run(residual func(w []float64, at []uint32) float64) (int, error) {
	n, o := float64(a.samples), a.opt
	first := max(1/a.meanSquare(), o.MinValue)
	for i := range a.a {
		a.a[i] = first
	}
	copy(a.old, a.a)
	y0, pruned := a.yy/n, false
	for it := range o.Iterations {
		if err := a.solve(); err != nil {
			if errors.Is(err, blas.ErrNotPositive) {
				a.failed = true
				return it + 1, nil
			}
			return 0, err
		}
		a.noise = a.yy
		for i, w := range a.w {
			a.noise -= w * a.right[i]
		}
		a.noise /= n
		if a.noise/y0 < o.MinValue {
			a.noise = residual(a.w, a.at)
			for i, w := range a.w {
				a.noise += w * w / a.a[i]
			}
			a.noise = max(a.noise/n, o.MinValue)
		}
		for i, w := range a.w {
			a.a[i] = math.Sqrt(a.a[i] * (w * w / a.noise) / max(a.gain[i], o.MinValue))
		}
		cut := a.prune()
		pruned = pruned || cut
		if a.failed {
			return it + 1, nil
		}
		if it > o.ConvergeMinIterations && (o.Mode == Paper || !pruned && o.Prune != NoPruning) {
			change := 0.0
			for i, x := range a.a {
				change = max(change, math.Abs(x-a.old[i]))
			}
			if change < o.ConvergeThreshold {
				return it + 1, nil
			}
		}
		copy(a.old, a.a)
	}
	return o.Iterations, nil
}

// meanSquare is the mean square of the features.
func (a *ard) meanSquare() float64 {
	s := 0.0
	if a.hasGram {
		for i := range a.d {
			s += a.gram[i*a.d+i]
		}
	} else {
		for _, x := range a.z[:a.samples*a.d] {
			s += x * x
		}
	}
	return s / float64(a.samples*a.d)
}

// prune drops features by the rule and reports whether any fell.
func (a *ard) prune() bool {
	of, most := a.a, 0.0
	if a.opt.Prune == ByWeight {
		of = a.gain // the gains have served
		for i, w := range a.w {
			of[i] = w * w
		}
	}
	for i, x := range of {
		if x-x != 0 || a.a[i] != a.a[i] {
			a.failed = true // slir's comparisons with NaN keep nothing
			return true
		}
		if a.opt.Prune == NoPruning {
			a.a[i] = max(x, a.opt.MinValue)
		}
		most = max(most, x)
	}
	if a.opt.Prune == NoPruning {
		return false
	}
	left := 0
	a.keep = a.keep[:a.d]
	for i, x := range of {
		a.keep[i] = x/most > a.opt.PruneThreshold
		if a.keep[i] {
			left++
		}
	}
	if left == a.d {
		return false
	}
	if left == 0 {
		a.failed = true
		return true
	}
	a.shrink(left)
	return true
}

// shrink keeps the left features of keep, in their order.
func (a *ard) shrink(left int) {
	d := a.d
	if a.inverted {
		a.inverted = a.drop()
	}
	if a.hasGram {
		a.pack(a.gram, d)
	} else {
		to := 0
		for i := range a.samples {
			for j, k := range a.keep {
				if k {
					a.z[to] = a.z[i*d+j]
					to++
				}
			}
		}
	}
	to := 0
	for i, k := range a.keep {
		if k {
			a.at[to], a.right[to], a.a[to], a.old[to], a.last[to], a.w[to] = a.at[i], a.right[i], a.a[i], a.old[i], a.last[i], a.w[i]
			to++
		}
	}
	a.d = left
	a.at, a.right, a.a, a.old, a.w, a.gain = a.at[:left], a.right[:left], a.a[:left], a.old[:left], a.w[:left], a.gain[:left]
}

// pack takes rows and columns that are not kept out of the upper triangle of m, d × d.
func (a *ard) pack(m []float64, d int) {
	a.runs = a.runs[:0]
	left := 0
	for i, k := range a.keep {
		switch n := len(a.runs); {
		case !k:
			continue
		case n > 0 && a.runs[n-1][1] == i:
			a.runs[n-1][1]++
		default:
			a.runs = append(a.runs, [2]int{i, i + 1})
		}
		left++
	}
	row := 0
	for n, run := range a.runs {
		for i := run[0]; i < run[1]; i++ {
			to := row*left + row
			to += copy(m[to:], m[i*d+i:i*d+run[1]])
			for _, r := range a.runs[n+1:] {
				to += copy(m[to:], m[i*d+r[0]:i*d+r[1]])
			}
			row++
		}
	}
}

// solve computes w and gain for the present variances.

func (a *ard) solve() error {
	if !a.hasGram {
		if a.samples < a.d {
			return a.solveWide()
		}
		if err := blas.Syrk(true, 1, blas.Of(a.samples, a.d, a.z), 0, blas.Of(a.d, a.d, a.gram)); err != nil {
			return err
		}
		a.hasGram = true
	}
	if a.inverted {
		if ok, err := a.follow(); ok || err != nil {
			return err
		}
	}
	return a.factor()
}
