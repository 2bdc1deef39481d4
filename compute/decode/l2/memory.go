package l2

import (
	"fmt"

	"reverie/compute/decode/internal/voxel"
)

const (
	mostUnits   = 128 // at a time: more gains no speed
	fewestUnits = 16  // fewer only where memory is short
)

// fit chooses the number of units at a time, best with the products of all
// voxels, and refuses what Memory cannot hold either way.
func (f *Fitter) fit() error {
	for f.chunk = mostUnits; f.chunk >= 1; f.chunk /= 2 {
		if f.gramFits(f.bytes()) {
			return nil
		}
	}
	for f.chunk = mostUnits; f.chunk >= 1; f.chunk /= 2 {
		if f.need(false, f.bytes()) <= f.opt.Memory {
			return nil
		}
	}
	f.chunk = 1
	return fmt.Errorf("l2: %d samples of %d voxels, %d per unit, take %d MiB with %d workers, %d MiB are allowed: raise the memory or lower the workers",
		f.n, f.d, f.k, f.need(false, f.bytes())>>20, f.opt.Workers, f.opt.Memory>>20)
}

// bytes of a number in the shared samples and products.
func (f *Fitter) bytes() int64 {
	if f.opt.Precision == Float32 && !f.all && !f.isFew() {
		return 4
	}
	return 8
}

// gramFits reports whether the products of all voxels are needed and fit.
func (f *Fitter) gramFits(bytes int64) bool {
	return !f.all && !f.isFew() && f.spatial == NoSpatial && f.need(true, bytes) <= f.opt.Memory
}

// need counts the bytes in use at once: the samples, the products, and what
// workers hold for a chunk and for a unit.
func (f *Fitter) need(gram bool, bytes int64) int64 {
	n, d, k, rows, u := int64(f.n), int64(f.d), int64(f.k), int64(f.rows), int64(f.chunk)
	need := n * d * bytes
	if f.of != nil {
		need += rows * d * (8 + bytes)
	}
	worker := u*(rows*(8+bytes)+d*(8+bytes)+k*12) + d*24
	switch {
	case f.all:
		if f.dual() {
			need += (n+1)*(n+1)*8 + d*8
		} else {
			need += d*d*8 + d*(d+1)/2*8
		}
		worker += u * (n + 1) * 8
		if f.spatial != NoSpatial {
			need += n * d * 8
		}
	case f.isFew():
		need += d * (n + 1) * 8
		worker += (k + n + 2) * (n + 1) * 8
	case gram:
		need += d * (d + 1) / 2 * bytes
		worker += min(voxel.Tile, d) * min(voxel.Tile, d) * (8 + bytes)
		worker += k * k * 12
	}
	if !gram && !f.all && !f.isFew() || f.opt.DropNaN {
		worker += n*k*8 + k*k*8 + d*16 + u*rows
	}
	return need + worker*int64(f.opt.Workers)
}
