package l2

import (
	"context"
	"errors"
	"fmt"

	"reverie/compute/decode/internal/stream"
)

// Targets are the values to be predicted, rows × units: a layer's features by
// stimulus or by sample. Read fills dst, rows × (to−from) by rows, with units
// from … to−1. It is called by one goroutine at a time, for rising units.
type Targets interface {
	Rows() int
	Units() int
	Read(from, to int, dst []float64) error
}

// Fit fits every unit of t and gives the weights to sink, some units at a
// time, in order. sink is called by one goroutine at a time and must copy what
// it keeps: the slices are used again. An error of sink or of Read ends the fit.
//
// The number of units at a time depends on Memory and on t.Units, not on the
// workers; the last bits of a weight may depend on it.
func (f *Fitter) Fit(ctx context.Context, t Targets, sink func(*Weights) error) error {
	if t.Rows() != f.rows {
		return fmt.Errorf("l2: targets of %d rows, want %d, one per stimulus of the samples", t.Rows(), f.rows)
	}
	if t.Units() < 1 {
		return fmt.Errorf("l2: targets of %d units", t.Units())
	}
	chunk := f.chunk
	for chunk > fewestUnits && t.Units() < 4*chunk { // a share for every worker
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
func (t *task) Deliver(first, units int) error { return t.sink(t.deliver(first, units)) }

// FitAll fits every unit of t and holds all weights: 12 bytes for each voxel
// of each unit, which Options.Memory does not count.
func (f *Fitter) FitAll(ctx context.Context, t Targets) (*Weights, error) {
	all := &Weights{Units: t.Units(), Voxels: f.d, PerUnit: f.k, Spatial: f.opt.Spatial}
	err := f.Fit(ctx, t, func(w *Weights) error {
		all.Index = append(all.Index, w.Index...)
		all.W = append(all.W, w.W...)
		all.B = append(all.B, w.B...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Values are targets in memory, rows × units by rows.
type Values struct {
	rows, units int
	y           []float64
}

// NewValues takes rows × units values.
func NewValues(y []float64, rows, units int) (*Values, error) {
	if rows < 1 || units < 1 || len(y)/units != rows || len(y)%units != 0 {
		return nil, errors.New("l2: targets must be rows × units values")
	}
	return &Values{rows, units, y}, nil
}

// Rows is the number of rows.
func (v *Values) Rows() int { return v.rows }

// Units is the number of units.
func (v *Values) Units() int { return v.units }

// Read copies units from … to−1.
func (v *Values) Read(from, to int, dst []float64) error {
	for r := range v.rows {
		copy(dst[r*(to-from):(r+1)*(to-from)], v.y[r*v.units+from:r*v.units+to])
	}
	return nil
}
