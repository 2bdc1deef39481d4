package slr

import (
	"context"
	"fmt"

	"reverie/compute/decode/internal/stream"
	"reverie/compute/decode/l2"
)

// Weights are decoders of units First … First+Units−1, sparse: unit u has the
// weights W[Start[u]:Start[u+1]] for the voxels Index[Start[u]:Start[u+1]],
// which rise, and the bias B[u]. Voxels that are not there have weight 0.
type Weights struct {
	First, Units, Voxels int
	Start                []int // Units+1
	Index                []uint32
	W, B                 []float64
	Iterations           []int  // that each unit took
	Failed               []bool // every feature was pruned, or the system had no solution: all weights are 0
}

// Fit fits every unit of t and gives the weights to sink, some units at a
// time, in order. sink is called by one goroutine at a time and must copy what
// it keeps: the slices are used again. An error of sink or of Read ends the fit.
//
// The number of units at a time depends on Memory and on t.Units, not on the
// workers; the last bits of a weight may depend on it.
func (f *Fitter) Fit(ctx context.Context, t l2.Targets, sink func(*Weights) error) error {
	if t.Rows() != f.rows {
		return fmt.Errorf("slr: targets of %d rows, want %d, one per stimulus of the samples", t.Rows(), f.rows)
	}
	if t.Units() < 1 {
		return fmt.Errorf("slr: targets of %d units", t.Units())
	}
	chunk := f.chunk
	for chunk > fewestUnits && t.Units() < 8*chunk { // a share for every worker
		chunk /= 2
	}
	return stream.Run(ctx, t, chunk, f.opt.Workers, func(units int) stream.Worker { return &task{newWorker(f, units), sink} })
}

// task is a worker with the receiver of its weights.
type task struct {
	*worker
	sink func(*Weights) error
}

// Room is where the targets of a chunk go.
func (t *task) Room(units int) []float64 { return t.y[:t.f.rows*units] }

// Fit fits them.
func (t *task) Fit(ctx context.Context, first, units int) error { return t.fit(ctx, first, units) }

// Deliver hands the weights on.
func (t *task) Deliver(_, _ int) error { return t.sink(&t.out) }
