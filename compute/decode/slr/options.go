package slr

import (
	"errors"
	"fmt"
	"runtime"

	"reverie/compute/decode/l2"
)

// Mode says when a unit's iterations end.
type Mode int

const (
	// Lab does what slir does. Its test of convergence compares sizes that are
	// never equal again once a feature was pruned, and so it always makes all
	// iterations, unless nothing was ever pruned.
	Lab Mode = iota
	// Paper tests the features that are kept, whatever was pruned before: the
	// iterations end where no variance of a kept feature changed by
	// ConvergeThreshold since the last one. Weights differ from Lab's only by
	// what the iterations left out would have changed: 6e-8 of the largest at
	// most on real data. Few units end within 200 iterations, whose weights and
	// time are then Lab's: a real subject's V1 takes 404 and 495 (60 and 300
	// voxels), drawn units of 500 voxels some 1,700.
	Paper
)

// PruneRule says which features an iteration drops for good: those whose share
// of the largest is not above PruneThreshold.
type PruneRule int

const (
	// ByVariance compares the variances A; slir's prune_mode 1, its default.
	ByVariance PruneRule = iota
	// ByWeight compares the squared weights; the rule of the MATLAB code
	// linear_map_sparse_cov (2009-12-17) and slir's prune_mode 2.
	ByWeight
	// NoPruning keeps every feature with a variance of at least MinValue; slir's prune_mode 0.
	NoPruning
)

// Options of a fit. The zero value is slir's defaults on all voxels; the paper
// chooses Voxels 500.
type Options struct {
	Mode  Mode
	Prune PruneRule
	// Voxels is the number of voxels chosen for each unit by the largest
	// |correlation|; 0, or as many as there are or more, takes all of them.
	Voxels int
	// Iterations is the largest number of iterations; 0 is 200.
	Iterations int
	// MinValue is the least gain, variance and share of noise; 0 is 1e-15.
	MinValue float64
	// PruneThreshold is the share of the largest at which a feature is dropped; 0 is 1e-10.
	PruneThreshold float64
	// ConvergeMinIterations pass before convergence is tested; 0 is 100.
	ConvergeMinIterations int
	// ConvergeThreshold is the change of a variance that counts as none; 0 is 1e-10.
	ConvergeThreshold float64
	// Units is the number of units that will be fitted in all, 0 for many. For a
	// few hundred New leaves the products of all pairs of voxels out, and each
	// unit computes those of its own: the same numbers to the last bits.
	Units int
	// Memory bounds what a Fitter allocates, in bytes, its caller's samples not
	// counted; 0 is l2.DefaultMemory. Where the products of all voxels do not
	// fit, each unit computes its own; where that does not fit, New fails.
	Memory int64
	// Workers is the number of goroutines; 0 is one per core. It does not
	// change the numbers.
	Workers int
}

func (o *Options) check() error {
	switch {
	case o.Mode < Lab || o.Mode > Paper:
		return fmt.Errorf("slr: no mode %d", o.Mode)
	case o.Prune < ByVariance || o.Prune > NoPruning:
		return fmt.Errorf("slr: no pruning rule %d", o.Prune)
	case o.Voxels < 0 || o.Iterations < 0 || o.ConvergeMinIterations < 0 || o.Units < 0:
		return errors.New("slr: voxels, iterations and units must not be negative")
	case o.Memory < 0 || o.Workers < 0:
		return errors.New("slr: memory and workers must not be negative")
	}
	for _, v := range []struct {
		name  string
		value *float64
		usual float64
	}{
		{"min value", &o.MinValue, 1e-15},
		{"prune threshold", &o.PruneThreshold, 1e-10},
		{"converge threshold", &o.ConvergeThreshold, 1e-10},
	} {
		if !(*v.value >= 0 && *v.value < 1) {
			return fmt.Errorf("slr: %s %g, want a number from 0 below 1", v.name, *v.value)
		}
		if *v.value == 0 {
			*v.value = v.usual
		}
	}
	if o.Iterations == 0 {
		o.Iterations = 200
	}
	if o.ConvergeMinIterations == 0 {
		o.ConvergeMinIterations = 100
	}
	if o.Memory == 0 {
		o.Memory = l2.DefaultMemory
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return nil
}
