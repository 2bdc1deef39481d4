package slr

import (
	"context"
	"fmt"
	"sync"

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
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s := &stream{t: t, sink: sink, chunk: f.chunk}
	for s.chunk > fewestUnits && t.Units() < 8*s.chunk { // a share for every worker
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

// stream hands out chunks and delivers them in order.
type stream struct {
	t     l2.Targets
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
		return false, fmt.Errorf("slr: units %d to %d: %w", from, from+units-1, err)
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
	if err := s.sink(&w.out); err != nil {
		return false, err
	}
	s.delivered += units
	s.turn.Broadcast()
	return true, nil
}
