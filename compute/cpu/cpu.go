// Package cpu is the CPU backend: oneDNN convolutions through cgo on all cores,
// with Reverie's own loops for rectifiers, poolings and losses. Activations stay
// in oneDNN's channel-blocked layout between layers, targets too.
//
// The same machine, batch size and number of threads give the same bits.
package cpu

/*
#cgo CFLAGS: -O3 -fopenmp -std=gnu11
#cgo LDFLAGS: -ldnnl -fopenmp
#include "shim.h"
*/
import "C"

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"reverie/compute"
	"reverie/compute/internal/osthread"
)

// Options set up the backend. The zero value uses every core.
type Options struct {
	Threads int // 0 is all cores
	// Exact forbids Winograd convolutions, which oneDNN has on processors with
	// AVX-512: about a third faster, rounding errors a few times larger.
	Exact bool
}

// Backend runs on oneDNN. It is safe for concurrent use; calls take turns.
// Every oneDNN call is made on its one thread: each calling thread would get an
// OpenMP team of its own otherwise.
type Backend struct {
	turn    chan struct{} // holds one value while a call is on
	t       *osthread.Thread
	threads int
	exact   bool
	device  string
}

// Open starts the backend's thread. It returns compute.ErrNoDevice where oneDNN has no CPU engine.
func Open(opt Options) (*Backend, error) {
	b := &Backend{turn: make(chan struct{}, 1), t: osthread.New(), threads: opt.Threads, exact: opt.Exact}
	if b.threads <= 0 {
		b.threads = runtime.NumCPU()
	}
	var msg *C.char
	b.t.Call(func() {
		C.rv_set_threads(C.int(b.threads))
		msg = C.rv_dnnl_init()
	})
	if err := failure(msg); err != nil {
		b.t.Stop()
		return nil, fmt.Errorf("%w: %w", compute.ErrNoDevice, err)
	}
	b.device = fmt.Sprintf("%s, oneDNN %s, %d threads", model(), Version(), b.threads)
	return b, nil
}

// Version is that of the oneDNN library in use.
func Version() string {
	var major, minor, patch C.int
	C.rv_dnnl_version(&major, &minor, &patch)
	return fmt.Sprintf("%d.%d.%d", major, minor, patch)
}

// Name is "cpu".
func (b *Backend) Name() string { return "cpu" }

// Device names the processor, oneDNN's version and the number of threads.
func (b *Backend) Device() string { return b.device }

// Close ends the backend's thread. Its programs must be closed before.
func (b *Backend) Close() error {
	b.turn <- struct{}{}
	defer func() { <-b.turn }()
	if b.t != nil {
		b.t.Stop()
		b.t = nil
	}
	return nil
}

// call runs f on the backend's thread when its turn has come. ctx ends the waiting alone.
func (b *Backend) call(ctx context.Context, f func()) error {
	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-b.turn }()
	if b.t == nil {
		return compute.ErrClosed
	}
	b.t.Call(f)
	return nil
}

func failure(msg *C.char) error {
	if msg == nil {
		return nil
	}
	return errors.New(C.GoString(msg))
}

// model is the processor's name as Linux gives it; elsewhere the architecture.
func model() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	for s.Scan() {
		if k, v, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(k) == "model name" {
			return strings.TrimSpace(v)
		}
	}
	return runtime.GOARCH
}
