package train

import (
	"fmt"

	"reverie/compute/decode/l2"
	"reverie/compute/decode/slr"
)

// The methods.
const (
	L2  = "l2"  // ridge regression with voxel selection (compute/decode/l2)
	SLR = "slr" // sparse linear regression with ARD (compute/decode/slr)
)

// The choices that have names.
var (
	Modes      = map[string]slr.Mode{"lab": slr.Lab, "paper": slr.Paper}
	Prunes     = map[string]slr.PruneRule{"variance": slr.ByVariance, "weight": slr.ByWeight, "none": slr.NoPruning}
	Precisions = map[string]l2.Precision{"mixed": l2.Mixed, "float64": l2.Float64, "float32": l2.Float32}
)

// name is what a choice is called.
func name[T comparable](names map[string]T, v T) string {
	for n, w := range names {
		if w == v {
			return n
		}
	}
	return ""
}

// DefaultIterations are those of slr, as the lab's.
const DefaultIterations = 200

// DefaultMemory is what training keeps to, 8 GiB.
const DefaultMemory = 8 << 30

// Options of training.
type Options struct {
	Method string
	Voxels int // most voxels of a unit, 0 all

	Alpha     float64 // of l2, as the three that follow
	FreeBias  bool
	Spatial   l2.Spatial
	Precision l2.Precision

	Mode       slr.Mode // of slr, as the two that follow
	Prune      slr.PruneRule
	Iterations int // 0 is 200

	Absolute bool  // learn |feature|
	Memory   int64 // bytes, 0 is DefaultMemory
	Workers  int   // 0 is one per core
}

func (o *Options) check() error {
	if o.Memory == 0 {
		o.Memory = DefaultMemory
	}
	if o.Memory < 64<<20 {
		return fmt.Errorf("train: %d MiB of memory are too little: allow some GiB", o.Memory>>20)
	}
	if o.Iterations == 0 {
		o.Iterations = DefaultIterations
	}
	if o.Method != L2 && o.Method != SLR {
		return fmt.Errorf("train: no method %q: use %s or %s", o.Method, L2, SLR)
	}
	return nil
}

// chunk is the number of units in a file: some seconds of work.
func (o *Options) chunk() int {
	if o.Method == SLR {
		return 256
	}
	return 4096
}

// record is what the store says of the options: those that decide the numbers.
func (o *Options) record() map[string]any {
	r := map[string]any{"voxels": o.Voxels}
	if o.Method == SLR {
		r["mode"], r["prune"], r["iterations"] = name(Modes, o.Mode), name(Prunes, o.Prune), o.Iterations
		return r
	}
	r["alpha"], r["precision"] = o.Alpha, o.Precision.String()
	if o.FreeBias {
		r["free_bias"] = true
	}
	if o.Spatial != l2.NoSpatial {
		r["spatial"] = string(o.Spatial)
	}
	return r
}

// What the memory is for, as parts of it: the features held in a pass, the
// fitters with what they share over units. The rest is for samples and chunks in work.
func (o *Options) heldBytes() int64   { return o.Memory / 4 }
func (o *Options) fitterBytes() int64 { return o.Memory / 2 }
