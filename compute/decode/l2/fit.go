package l2

import (
	"context"
	"errors"
	"fmt"
	"sync"
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
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s := &stream{t: t, sink: sink, chunk: f.chunk}
	for s.chunk > fewestUnits && t.Units() < 4*s.chunk { // a share for every worker
		s.chunk /= 2
	}
	s.turn.L = &s.mu
	// A worker that waits for its turn must hear of a failure too.
	defer context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.turn.Broadcast()
	})()
	var wg sync.WaitGroup
	for range min(f.opt.Workers, (t.Units()+s.chunk-1)/s.chunk) {
		wg.Go(func() {
			w := newWorker(f, min(s.chunk, t.Units()))
			for {
				more, err := s.next(ctx, w)
				if err != nil {
					stop(err)
				}
				if err != nil || !more {
					return
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

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

// stream hands out chunks and delivers them in order.
type stream struct {
	t     Targets
	sink  func(*Weights) error
	chunk int

	reading sync.Mutex
	from    int // the next chunk to be read

	mu        sync.Mutex
	turn      sync.Cond
	delivered int // units given to sink
}

// next reads, fits and delivers one chunk; false means that none was left.
func (s *stream) next(ctx context.Context, w *worker) (bool, error) {
	s.reading.Lock()
	from := s.from
	units := min(s.chunk, s.t.Units()-from)
	if units <= 0 || ctx.Err() != nil {
		s.reading.Unlock()
		return false, nil
	}
	s.from += units
	err := s.t.Read(from, from+units, w.y[:w.f.rows*units])
	s.reading.Unlock()
	if err != nil {
		return false, fmt.Errorf("l2: units %d to %d: %w", from, from+units-1, err)
	}
	if err := w.fit(ctx, from, units); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.delivered != from {
		if ctx.Err() != nil {
			return false, nil
		}
		s.turn.Wait()
	}
	if ctx.Err() != nil {
		return false, nil
	}
	if err := s.sink(w.deliver(from, units)); err != nil {
		return false, err
	}
	s.delivered += units
	s.turn.Broadcast()
	return true, nil
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
