// Package l2 fits ridge regressions that choose their voxels per unit, with
// the numbers of the lab's FastL2LiR (version 0.11; kamitani.md §5.3), for
// millions of units that stream past.
//
// For a unit y and the samples x of the chosen voxels the weights w and the
// bias b minimise Σ(y − x·w − b)² + alpha·(|w|² + b²). The voxels are those
// with the largest |correlation| with y. Neither x nor y is standardised here;
// the lab's pipeline does that before and undoes it after (§5.4).
//
// The products of all pairs of voxels are computed once. x is centred for
// that: with m the voxels' means over n samples and c = n·alpha/(n+alpha), or 0
// for a free bias, the same minimum is that of
//
//	(XcᵀXc + alpha·I + c·m·mᵀ)·w = Xcᵀy + c/n·(Σy)·m,  b = (Σy − n·m·w)/(n+alpha)
//
// so that a unit needs a gather from one matrix and nothing cancels where
// means are large. With less than half as many samples as chosen voxels the
// same is solved in the samples (few.go).
package l2

import (
	"errors"
	"fmt"
	"math"
	"runtime"
)

// Precision says in which numbers the work is done. Weights come out in float64 always.
type Precision int

const (
	// Mixed keeps products in float64, factorises in float32 and refines to the
	// float64 solution; the default.
	Mixed Precision = iota
	// Float64 does everything in float64.
	Float64
	// Float32 multiplies and stores products in float32, summed in float64
	// every few hundred samples, and refines each unit's solution to that of
	// the stored system. Half the memory and set-up of Mixed.
	Float32
)

// String names the precision.
func (p Precision) String() string {
	switch p {
	case Mixed:
		return "mixed"
	case Float64:
		return "float64"
	case Float32:
		return "float32"
	}
	return fmt.Sprintf("Precision(%d)", int(p))
}

// DefaultMemory is the memory that a Fitter keeps to, 8 GiB.
const DefaultMemory = 8 << 30

// Options of a fit. The zero value has no penalty and takes all voxels; the
// lab's scripts use Alpha 100 and Voxels 500.
type Options struct {
	// Alpha is the penalty, not negative. The lab's default is 1.
	Alpha float64
	// Voxels is the number of voxels chosen for each unit; 0, or as many as
	// there are or more, takes all of them.
	Voxels int
	// FreeBias leaves the bias unpenalised. FastL2LiR penalises it.
	FreeBias bool
	// Spatial normalises each sample over the unit's voxels. Every unit then
	// costs a product of its own, some 20 times the time.
	Spatial Spatial
	// DropNaN leaves out, for each unit, the rows where it is NaN
	// (select_sample='remove_nan'). Units without NaN are as fast as ever.
	// Without it NaN is an error.
	DropNaN bool
	// Precision applies to chosen voxels. All voxels, units with dropped rows,
	// Spatial and few samples are computed in float64.
	Precision Precision
	// Memory bounds what a Fitter allocates, in bytes, its caller's samples not
	// counted; 0 is DefaultMemory. Where the products of all voxels do not fit,
	// each unit computes its own, slowly; where that does not fit, New fails.
	Memory int64
	// Workers is the number of goroutines; 0 is one per core. It does not
	// change the numbers as long as Memory does not force smaller chunks.
	Workers int
}

func (o *Options) check() error {
	switch {
	case !(o.Alpha >= 0) || math.IsInf(o.Alpha, 0):
		return fmt.Errorf("l2: alpha %g, want a number from 0", o.Alpha)
	case o.Voxels < 0:
		return fmt.Errorf("l2: %d voxels to choose, want 0 (all) or more", o.Voxels)
	case o.Precision < Mixed || o.Precision > Float32:
		return fmt.Errorf("l2: no precision %d", o.Precision)
	case o.Memory < 0 || o.Workers < 0:
		return errors.New("l2: memory and workers must not be negative")
	}
	if err := o.Spatial.check(); err != nil {
		return err
	}
	if o.Memory == 0 {
		o.Memory = DefaultMemory
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return nil
}
