package slr

import (
	"context"
	"fmt"
	"math"

	"reverie/compute/blas"
	"reverie/compute/decode/internal/stream"
	"reverie/compute/decode/internal/voxel"
)

// Fitter holds what all units share: the samples and the products of their
// voxels. It serves any number of layers, one Fit at a time.
type Fitter struct {
	opt     Options
	n, d, k int // samples, voxels, voxels per unit
	rows    int // of the targets
	x       []float64
	of      []int     // row of each sample; nil where each has its own
	count   []float64 // samples of each row

	sum     []float64 // of each voxel over the samples
	inverse []float64 // 1/√Σ(x−mean)², or −1 for a voxel that does not vary
	grouped []float64 // samples of one row summed, rows × voxels; x itself where each has its own row
	gram    *blas.Triangle[float64]
	chunk   int // units at a time
}

// New prepares for the training samples x, samples × voxels by rows, which must
// not change while the Fitter is used. x and the targets are z-scored by the
// caller, as the lab does (kamitani.md §5.2); nothing is centred here. of[i] is
// the row of the targets that belongs to sample i, from 0 without a gap; with of
// nil every sample has its own row.
//
// It takes samples·voxels² operations where a unit has no more features than
// there are samples, and fails where values are not finite or Options.Memory
// is too small.
func New(ctx context.Context, x []float64, samples, voxels int, of []int, opt Options) (*Fitter, error) {
	if err := opt.check(); err != nil {
		return nil, err
	}
	if samples < 2 || voxels < 1 || samples > math.MaxInt32 || voxels >= math.MaxInt32 || len(x)/voxels != samples || len(x)%voxels != 0 {
		return nil, fmt.Errorf("slr: %d values for %d samples of %d voxels, want at least 2 samples and 1 voxel", len(x), samples, voxels)
	}
	f := &Fitter{opt: opt, n: samples, d: voxels, k: opt.Voxels, x: x, of: of, grouped: x}
	if f.k == 0 || f.k > voxels {
		f.k = voxels
	}
	var err error
	if f.count, err = stream.Rows(of, samples); err != nil {
		return nil, fmt.Errorf("slr: %w", err)
	}
	f.rows = len(f.count)
	gram, err := f.fit()
	if err != nil {
		return nil, err
	}
	if err := f.measure(); err != nil {
		return nil, err
	}
	if gram {
		if f.gram, err = voxel.Products(ctx, blas.Of(samples, voxels, x), f.sum, 0, 0, f.opt.Workers); err != nil {
			return nil, err
		}
	}
	if of != nil {
		f.grouped = make([]float64, f.rows*voxels)
		for i, r := range of {
			to := f.grouped[r*voxels : (r+1)*voxels]
			for v, s := range x[i*voxels : (i+1)*voxels] {
				to[v] += s
			}
		}
	}
	return f, context.Cause(ctx)
}

// row of the targets that belongs to sample i.
func (f *Fitter) row(i int) int {
	if f.of == nil {
		return i
	}
	return f.of[i]
}

// measure takes the sum and the spread of every voxel.
func (f *Fitter) measure() error {
	f.sum, f.inverse = make([]float64, f.d), make([]float64, f.d)
	for i := range f.n {
		for v, x := range f.x[i*f.d : (i+1)*f.d] {
			f.sum[v] += x
		}
	}
	for v, s := range f.sum {
		if s-s != 0 {
			for i := range f.n {
				if x := f.x[i*f.d+v]; x-x != 0 {
					return fmt.Errorf("slr: sample %d has %g in voxel %d: leave the voxel or the sample out", i, x, v)
				}
			}
			return fmt.Errorf("slr: the values of voxel %d are too large to sum", v)
		}
	}
	n := float64(f.n)
	for i := range f.n {
		for v, x := range f.x[i*f.d : (i+1)*f.d] {
			m := f.sum[v] / n
			f.inverse[v] += (x - m) * (x - m)
		}
	}
	for v, ss := range f.inverse {
		switch m := f.sum[v] / n; {
		case math.IsInf(ss, 0) || math.IsInf(m*m*n, 0):
			return fmt.Errorf("slr: voxel %d varies too much for float64: scale it", v)
		case math.Sqrt(ss/n) <= 1e-12*math.Abs(m): // rounding of a constant
			f.inverse[v] = -1
		default:
			f.inverse[v] = 1 / math.Sqrt(ss)
		}
	}
	return nil
}

const (
	mostUnits   = 16 // at a time: more gains no speed
	fewestUnits = 2
)

// fit chooses the number of units at a time and whether the products of all
// voxels are kept, and refuses what Memory cannot hold either way.
func (f *Fitter) fit() (gram bool, err error) {
	// Of operations per sample, products per unit take units·k², and a quarter
	// more for gathering; those of all pairs take d².
	k, d := float64(f.k), float64(f.d)
	few := f.opt.Units > 0 && float64(f.opt.Units)*k*k*1.25 < d*d
	for _, gram := range []bool{!f.wide() && !few, false} {
		for f.chunk = mostUnits; f.chunk >= 1; f.chunk /= 2 {
			if f.need(gram) <= f.opt.Memory {
				return gram, nil
			}
		}
	}
	f.chunk = 1
	return false, fmt.Errorf("slr: %d samples of %d voxels, %d per unit, take %d MiB with %d workers, %d MiB are allowed: raise the memory or lower the workers",
		f.n, f.d, f.k, f.need(false)>>20, f.opt.Workers, f.opt.Memory>>20)
}

// wide reports whether a unit begins with more features, the bias among them, than samples.
func (f *Fitter) wide() bool { return f.n < f.k+1 }

// need counts the bytes in use at once.
func (f *Fitter) need(gram bool) int64 {
	n, d, k, rows, u := int64(f.n), int64(f.d), int64(f.k)+1, int64(f.rows), int64(f.chunk)
	need := d * 16
	if f.of != nil {
		need += rows * d * 8
	}
	side := min(n, k) // of the systems that are solved
	worker := u*(rows*8+d*8+k*12) + d*24 + side*side*systems*8 + k*vectors*8
	if gram {
		need += d * (d + 1) / 2 * 8
		worker += min(voxel.Tile, d) * min(voxel.Tile, d) * 8
	} else {
		worker += n * k * 8
	}
	if f.wide() {
		worker += n*n*8 + n*k*8 + n*8
	}
	return need + worker*int64(f.opt.Workers)
}
