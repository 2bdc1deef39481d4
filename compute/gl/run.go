package gl

/*
#include "list.h"
*/
import "C"

import (
	"context"
	"fmt"
	"math"
	"time"
	"unsafe"
)

// hang is when a driver that answers no more is given up.
const hang = 30 * time.Second

// run issues a list, segment by segment, at most two of them under way, and
// returns when the last was issued. It looks at ctx in between.
func (e *exec) run(ctx context.Context, l *list) error {
	from := 0
	var last unsafe.Pointer
	for k, end := range l.ends {
		C.rvgl_run(e.b.table, &l.commands[0], &l.binds[0], C.int(from), C.int(end))
		from = end
		if k == len(l.ends)-1 {
			break // whoever reads the results waits
		}
		fence := C.rvgl_fence(e.b.table)
		if last != nil {
			if err := e.b.wait(last); err != nil {
				return err
			}
		}
		last = fence
		if ctx.Err() != nil {
			if err := e.b.wait(last); err != nil {
				return err
			}
			return context.Cause(ctx)
		}
	}
	if last != nil {
		return e.b.wait(last)
	}
	return nil
}

// settle waits until all that was issued is done and asks for errors.
func (e *exec) settle() error {
	if err := e.b.wait(C.rvgl_fence(e.b.table)); err != nil {
		return err
	}
	return e.b.check()
}

// wait polls a fence. Its naps are a sixteenth of the time waited so far, so that
// neither the processor is burnt nor the end missed by much.
func (b *Backend) wait(fence unsafe.Pointer) error {
	begun := time.Now()
	for {
		switch C.rvgl_poll(b.table, fence, 1) {
		case 1:
			return nil
		case -1:
			if err := b.check(); err != nil {
				return err
			}
			return b.lose("the driver broke off its work")
		}
		waited := time.Since(begun)
		if waited > hang {
			return b.lose(fmt.Sprintf("the driver has not answered for %.0f s", hang.Seconds()))
		}
		if C.rvgl_reset(b.table) != 0 {
			return b.check()
		}
		time.Sleep(min(max(waited/16, 20*time.Microsecond), time.Millisecond))
	}
}

func (b *Backend) setRate(r float64) { b.rate.Store(math.Float64bits(r)) }
func (b *Backend) getRate() float64  { return math.Float64frombits(b.rate.Load()) }

// learn notes how long a list took. Short ones tell nothing: waiting is coarser.
func (b *Backend) learn(l *list, took time.Duration) {
	if took < 2*time.Millisecond {
		return
	}
	r := l.cost / took.Seconds()
	b.setRate(math.Sqrt(b.getRate() * r)) // half way, on the scale that matters
}

// stale reports whether a list was cut for quite another rate than today's and
// would be cut otherwise now: into shorter pieces, or into fewer.
func (b *Backend) stale(l *list) bool {
	switch r := b.getRate(); {
	case r < l.rate/2:
		return l.longest > dispatchSeconds*r || l.cost > segmentSeconds*r
	case r > 2*l.rate:
		return len(l.ends) > 1
	}
	return false
}
