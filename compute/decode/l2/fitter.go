package l2

import (
	"context"
	"fmt"
	"math"

	"reverie/compute/blas"
	"reverie/compute/decode/internal/stream"
	"reverie/compute/decode/internal/voxel"
)

// Fitter holds what all units share: the centred samples and the products of
// their voxels. It serves any number of layers, one Fit at a time.
type Fitter struct {
	opt     Options
	n, d, k int // samples, voxels, voxels per unit
	rows    int // of the targets
	x       []float64
	of      []int     // row of each sample; nil where each has its own
	count   []float64 // samples of each row
	all     bool
	spatial Spatial // still to be applied per unit
	low     bool    // of equal correlations the lower voxel
	chunk   int     // units at a time

	moments moments
	single  *shared[float32]
	double  *shared[float64]
	dense   *dense
	few     *few
}

// shared is what units need of the samples, in the precision of the products.
type shared[T blas.Float] struct {
	x    blas.Matrix[T]    // centred, samples of one row summed: rows × voxels
	gram *blas.Triangle[T] // nil where it is not needed or does not fit
}

// moments of the voxels over some samples.
type moments struct {
	n       float64
	mean    []float64
	inverse []float64 // 1/√Σ(x−mean)², or −1 for a voxel that may not be chosen before the others
}

// New prepares for the training samples x, samples × voxels by rows, which must
// not change while the Fitter is used. of[i] is the row of the targets that
// belongs to sample i, from 0 without a gap: trials of the same stimulus share
// their target, which saves most of the work. With of nil every sample has its own row.
//
// It takes samples·voxels² operations where voxels are chosen, and fails where
// values are not finite or Options.Memory is too small.
func New(ctx context.Context, x []float64, samples, voxels int, of []int, opt Options) (*Fitter, error) {
	if err := opt.check(); err != nil {
		return nil, err
	}
	if samples < 2 || voxels < 1 || samples > math.MaxInt32 || voxels > math.MaxInt32 || len(x) != samples*voxels {
		return nil, fmt.Errorf("l2: %d values for %d samples of %d voxels, want at least 2 samples and 1 voxel", len(x), samples, voxels)
	}
	f := &Fitter{opt: opt, n: samples, d: voxels, k: opt.Voxels, x: x, of: of, spatial: opt.Spatial}
	if f.k == 0 || f.k >= voxels {
		f.k, f.all = voxels, true
	}
	f.low = opt.DropNaN || opt.Spatial != NoSpatial
	var err error
	if f.count, err = stream.Rows(of, samples); err != nil {
		return nil, fmt.Errorf("l2: %w", err)
	}
	f.rows = len(f.count)
	if err := f.fit(); err != nil {
		return nil, err
	}
	if f.all && f.spatial != NoSpatial {
		// All units have the same voxels, and so the same normalised samples.
		f.x = append([]float64(nil), x...)
		for i := range samples {
			if !f.spatial.Apply(f.x[i*voxels : (i+1)*voxels]) {
				return nil, fmt.Errorf("l2: sample %d cannot be normalised by %s: its voxels are all alike", i, f.spatial)
			}
		}
		f.spatial = NoSpatial
	}
	if err := f.measure(&f.moments, nil); err != nil {
		return nil, err
	}
	switch {
	case f.all:
		err = f.newDense(ctx)
	case f.isFew():
		f.few = f.newFew()
		f.double, err = share[float64](ctx, f, false)
	case opt.Precision == Float32:
		f.single, err = share[float32](ctx, f, f.gramFits(4))
	default:
		f.double, err = share[float64](ctx, f, f.gramFits(8))
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// row of the targets that belongs to sample i.
func (f *Fitter) row(i int) int {
	if f.of == nil {
		return i
	}
	return f.of[i]
}

// constant is the variance under which FastL2LiR counts a voxel as uncorrelated.
const constant = 1e-8

// measure takes the moments of all voxels over the samples of the rows in keep, nil for all.
func (f *Fitter) measure(m *moments, keep []bool) error {
	if m.mean == nil {
		m.mean, m.inverse = make([]float64, f.d), make([]float64, f.d)
	}
	clear(m.mean)
	clear(m.inverse)
	m.n = 0
	for i := range f.n {
		if keep != nil && !keep[f.row(i)] {
			continue
		}
		m.n++
		for v, x := range f.x[i*f.d : (i+1)*f.d] {
			m.mean[v] += x
		}
	}
	for v, s := range m.mean {
		if s-s != 0 {
			return f.notFinite(v)
		}
		m.mean[v] = s / m.n
	}
	for i := range f.n {
		if keep != nil && !keep[f.row(i)] {
			continue
		}
		for v, x := range f.x[i*f.d : (i+1)*f.d] {
			m.inverse[v] += (x - m.mean[v]) * (x - m.mean[v])
		}
	}
	for v, ss := range m.inverse {
		switch {
		case math.IsInf(ss, 0):
			return fmt.Errorf("l2: voxel %d varies too much for float64: scale it", v)
		case !f.low && ss/m.n < constant,
			math.Sqrt(ss/m.n) <= 1e-12*math.Abs(m.mean[v]): // rounding of a constant
			m.inverse[v] = -1
		default:
			m.inverse[v] = 1 / math.Sqrt(ss)
		}
	}
	return nil
}

func (f *Fitter) notFinite(v int) error {
	for i := range f.n {
		if x := f.x[i*f.d+v]; x-x != 0 {
			return fmt.Errorf("l2: sample %d has %g in voxel %d: leave the voxel or the sample out", i, x, v)
		}
	}
	return fmt.Errorf("l2: the values of voxel %d are too large to sum", v)
}

// penalty is the factor c of the mean's part in the matrix of n samples.
func (f *Fitter) penalty(n float64) float64 {
	if f.opt.FreeBias || f.opt.Alpha == 0 {
		return 0
	}
	return n * f.opt.Alpha / (n + f.opt.Alpha)
}

// bias of a unit whose values sum to sum and whose voxels' means weigh to mw.
func (f *Fitter) bias(n, sum, mw float64) float64 {
	if f.opt.FreeBias {
		return (sum - n*mw) / n
	}
	return (sum - n*mw) / (n + f.opt.Alpha)
}

// share centres the samples, multiplies their voxels and adds up those of a row.
func share[T blas.Float](ctx context.Context, f *Fitter, gram bool) (*shared[T], error) {
	x := make([]T, f.n*f.d)
	for i := range f.n {
		to := x[i*f.d : (i+1)*f.d]
		for v, y := range f.x[i*f.d : (i+1)*f.d] {
			c := T(y - f.moments.mean[v])
			if c-c != 0 {
				return nil, fmt.Errorf("l2: sample %d has %g in voxel %d: too large for single precision", i, y, v)
			}
			to[v] = c
		}
	}
	s := &shared[T]{x: blas.Of(f.n, f.d, x)}
	if gram {
		var err error
		if s.gram, err = voxel.Products(ctx, s.x, f.moments.mean, f.opt.Alpha, f.penalty(f.moments.n), f.opt.Workers); err != nil {
			return nil, err
		}
	}
	if f.of == nil {
		return s, nil
	}
	sums := make([]float64, f.rows*f.d)
	for i := range f.n {
		to := sums[f.of[i]*f.d : (f.of[i]+1)*f.d]
		for v, y := range x[i*f.d : (i+1)*f.d] {
			to[v] += float64(y)
		}
	}
	y := x[:len(sums)]
	for i, v := range sums {
		y[i] = T(v)
	}
	s.x = blas.Of(f.rows, f.d, append([]T(nil), y...))
	return s, nil
}
