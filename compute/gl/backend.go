package gl

/*
#include "list.h"
*/
import "C"

import (
	stdcontext "context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/go-gl/gl/v4.3-core/gl"

	"reverie/compute"
	"reverie/compute/gl/context"
	"reverie/compute/gl/plan"
	"reverie/compute/internal/osthread"
)

// Backend computes on one device. It is safe for concurrent use; calls take turns.
type Backend struct {
	turn    chan struct{} // holds one token while no call is made
	thread  *osthread.Thread
	context *context.Context
	table   *C.rvgl_table
	opt     Options
	info    Device
	lim     plan.Limits

	mu      sync.Mutex
	profile plan.Profile // what is assumed of the device, and measured

	compiled map[string]*shared // programs by key
	binaries bool               // the driver gives programs back as binaries
	timer    bool               // timer queries can be trusted
	gates    gates

	// rate is how fast dispatches were lately, in the units of plan.Step.Cost per
	// second; it decides how the work is cut. Bits of a float64: read without a turn.
	rate atomic.Uint64
	lost error
}

// Open starts a context on the device that the options name. It returns
// compute.ErrNoDevice, with what was found instead, where there is none.
func Open(opt Options) (*Backend, error) {
	b := &Backend{turn: make(chan struct{}, 1), thread: osthread.New(), opt: opt, compiled: map[string]*shared{}, gates: usualGates}
	var err error
	b.thread.Call(func() { err = b.open() })
	if err != nil {
		b.thread.Stop()
		return nil, fmt.Errorf("gl: %w", err)
	}
	b.turn <- struct{}{}
	return b, nil
}

func (b *Backend) open() error {
	p, d, err := choose(b.opt.Device)
	if err != nil {
		return err
	}
	if b.context, err = context.Open(p); err != nil {
		return err
	}
	b.info = d
	if b.table, err = functions(b.context.Proc); err == nil {
		err = b.prepare()
	}
	if err != nil {
		b.context.Close()
	}
	return err
}

// prepare reads the driver's limits and takes the profile of its maker.
func (b *Backend) prepare() error {
	b.lim = limits()
	b.profile = profileOf(b.info)
	b.profile.Exact = b.opt.Exact
	if b.opt.limit != nil {
		b.lim, b.profile = b.opt.limit(b.lim, b.profile)
	}
	b.setRate(b.profile.Rate)
	compileInParallel()
	var formats int32
	gl.GetIntegerv(gl.NUM_PROGRAM_BINARY_FORMATS, &formats)
	b.binaries = formats > 0
	b.timer = !b.info.Software // software renderers count the processor's idle time
	b.profile.Tuned = b.loadTuned()
	return b.check()
}

// Name is "gl".
func (b *Backend) Name() string { return "gl" }

// Device names the GPU and the driver's version of OpenGL.
func (b *Backend) Device() string { return b.info.Name + ", OpenGL " + b.info.Version }

// Info describes the device.
func (b *Backend) Info() Device { return b.info }

// Profile is what is assumed of the device, and what tuning found.
func (b *Backend) Profile() plan.Profile {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.profile
}

// Close ends the context. The backend's programs must be closed before.
func (b *Backend) Close() error {
	<-b.turn
	defer func() { b.turn <- struct{}{} }()
	if b.thread == nil {
		return nil
	}
	b.thread.Call(func() {
		for _, p := range b.compiled {
			gl.DeleteProgram(p.name)
		}
		b.context.Close()
	})
	b.thread.Stop()
	b.thread = nil
	return nil
}

// call runs f on the backend's thread when its turn has come.
func (b *Backend) call(ctx stdcontext.Context, f func()) error {
	select {
	case <-b.turn:
	case <-ctx.Done():
		return stdcontext.Cause(ctx)
	}
	defer func() { b.turn <- struct{}{} }()
	if b.thread == nil {
		return compute.ErrClosed
	}
	if b.lost != nil {
		return b.lost
	}
	if ctx.Err() != nil {
		return stdcontext.Cause(ctx)
	}
	b.thread.Call(f)
	return nil
}

// free runs f on the thread even when the device was lost: to give things back.
func (b *Backend) free(f func()) error {
	<-b.turn
	defer func() { b.turn <- struct{}{} }()
	if b.thread == nil {
		return compute.ErrClosed
	}
	b.thread.Call(f)
	return nil
}

// check gives the driver's complaint since the last check, on the thread. A lost
// device is noted: nothing is asked of it again.
func (b *Backend) check() error {
	if status := uint32(C.rvgl_reset(b.table)); status != 0 {
		return b.lose(resetReason(status))
	}
	code := uint32(C.rvgl_error(b.table))
	if code == contextLost {
		return b.lose(resetReason(0))
	}
	return glError(code)
}

func (b *Backend) lose(why string) error {
	b.lost = fmt.Errorf("gl: %w: %s (%s)", compute.ErrDeviceLost, why, b.info.Name)
	return b.lost
}
