// Package stream fits units that stream past: several workers read, fit and
// deliver chunks of them, and what they deliver comes in order.
package stream

import (
	"context"
	"fmt"
	"sync"
)

// Worker fits one chunk at a time. Its methods are called by one goroutine.
type Worker interface {
	// Room is where the targets of a chunk go.
	Room(units int) []float64
	// Fit fits the units in it.
	Fit(ctx context.Context, first, units int) error
	// Deliver hands the result on; no two workers do at a time.
	Deliver(first, units int) error
}

// Source gives the targets. Read is called by one goroutine at a time, for rising units.
type Source interface {
	Units() int
	Read(from, to int, dst []float64) error
}

// Run fits all units of s, chunk of them at a time, by so many workers.
func Run(ctx context.Context, s Source, chunk, workers int, newWorker func(units int) Worker) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	q := &queue{s: s, chunk: chunk}
	q.turn.L = &q.mu
	// A worker that waits for its turn must hear of a failure too.
	defer context.AfterFunc(ctx, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.turn.Broadcast()
	})()
	var wg sync.WaitGroup
	for range min(workers, (s.Units()+chunk-1)/chunk) {
		wg.Go(func() {
			w := newWorker(min(chunk, s.Units()))
			for {
				more, err := q.next(ctx, w)
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

// queue hands out chunks and delivers them in order.
type queue struct {
	s     Source
	chunk int

	reading sync.Mutex
	from    int // the next chunk to be read

	mu        sync.Mutex
	turn      sync.Cond
	delivered int // units
}

// next reads, fits and delivers one chunk; false means that none was left.
func (q *queue) next(ctx context.Context, w Worker) (bool, error) {
	q.reading.Lock()
	from := q.from
	units := min(q.chunk, q.s.Units()-from)
	if units <= 0 || ctx.Err() != nil {
		q.reading.Unlock()
		return false, nil
	}
	q.from += units
	err := q.s.Read(from, from+units, w.Room(units))
	q.reading.Unlock()
	if err != nil {
		return false, fmt.Errorf("units %d to %d: %w", from, from+units-1, err)
	}
	if err := w.Fit(ctx, from, units); err != nil {
		return false, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.delivered != from {
		if ctx.Err() != nil {
			return false, nil
		}
		q.turn.Wait()
	}
	if ctx.Err() != nil {
		return false, nil
	}
	if err := w.Deliver(from, units); err != nil {
		return false, err
	}
	q.delivered += units
	q.turn.Broadcast()
	return true, nil
}

// Rows checks the row of the targets that belongs to each of n samples, nil
// being one of its own for each, and counts the samples of every row.
func Rows(of []int, n int) (count []float64, err error) {
	if of == nil {
		count = make([]float64, n)
		for i := range count {
			count[i] = 1
		}
		return count, nil
	}
	if len(of) != n {
		return nil, fmt.Errorf("rows of %d samples given, want %d", len(of), n)
	}
	rows := 0
	for i, r := range of {
		if r < 0 || r >= n {
			return nil, fmt.Errorf("sample %d has row %d, want rows from 0 below the number of samples", i, r)
		}
		rows = max(rows, r+1)
	}
	count = make([]float64, rows)
	for _, r := range of {
		count[r]++
	}
	for r, c := range count {
		if c == 0 {
			return nil, fmt.Errorf("row %d of the targets has no sample; number rows without a gap", r)
		}
	}
	return count, nil
}
