package gl

/*
#include "list.h"
*/
import "C"

import (
	"context"
	"time"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// Timing is the time that one part of an evaluation took on the device.
type Timing struct {
	Label   string // layer, direction and, where a layer takes several kernels, which
	Seconds float64
}

// Profiler is a program that tells where its time goes.
type Profiler interface {
	// Profile evaluates the images that were evaluated last, dispatch by dispatch,
	// and gives the time of each, those of one label together, in order. Results
	// are as after Evaluate; it takes longer, as nothing overlaps.
	Profile(ctx context.Context, slots []int) ([]Timing, error)
}

func (p *program) Profile(ctx context.Context, slots []int) ([]Timing, error) {
	var out []Timing
	var failed error
	err := p.b.call(ctx, func() {
		var l *list
		if l, failed = p.get(&p.evaluate, slots, p.phases...); failed == nil {
			out, failed = p.exec.profile(ctx, l)
		}
	})
	if err != nil {
		return nil, err
	}
	return out, failed
}

// profile runs a list a command at a time.
func (e *exec) profile(ctx context.Context, l *list) ([]Timing, error) {
	var out []Timing
	at := map[string]int{}
	for i, label := range l.labels {
		s, err := e.time(l, i, i+1)
		if err != nil {
			return nil, err
		}
		k, ok := at[label]
		if !ok {
			k, at[label] = len(out), len(out)
			out = append(out, Timing{Label: label})
		}
		out[k].Seconds += s
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	return out, nil
}

// time runs commands [from,to) and gives the device's time for them, in seconds:
// by a timer query, or by the clock where queries tell nothing.
func (e *exec) time(l *list, from, to int) (float64, error) {
	if err := e.settle(); err != nil {
		return 0, err
	}
	var query uint32
	if e.b.timer {
		gl.GenQueries(1, &query)
		defer gl.DeleteQueries(1, &query)
		gl.BeginQuery(gl.TIME_ELAPSED, query)
	}
	begun := time.Now()
	C.rvgl_run(e.b.table, &l.commands[0], &l.binds[0], C.int(from), C.int(to))
	if e.b.timer {
		gl.EndQuery(gl.TIME_ELAPSED)
	}
	if err := e.settle(); err != nil {
		return 0, err
	}
	took := time.Since(begun).Seconds()
	if e.b.timer {
		var ns uint64
		gl.GetQueryObjectui64v(query, gl.QUERY_RESULT, &ns)
		took = float64(ns) / 1e9
	}
	return took, nil
}
