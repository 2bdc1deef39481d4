package hdf5

import (
	"context"
	"sync"
	"time"

	"reverie/compute/format/guard"
)

// Reader opens many small files in few children: a child costs tens of
// milliseconds to start, which counts where a store has thousands of files. A
// child takes the next file once the one before was closed without any error;
// after an error it is not used again. Its methods may be called concurrently.
type Reader struct {
	ctx context.Context

	mu   sync.Mutex
	idle []*worker
}

// worker is a child between files.
type worker struct {
	p     *guard.Process
	files int // that it had
	tired *time.Timer
}

const (
	sharedSize = 64 << 20        // larger files have a child of their own, with limits of their own
	sharedFor  = 1000            // files, then a fresh child
	idleFor    = 2 * time.Second // then a child ends
	idleMost   = 2
)

// NewReader makes a reader. After the context ends it opens nothing, and what is open ends. It needs no closing:
// children that have nothing to do end by themselves.
func NewReader(ctx context.Context) *Reader { return &Reader{ctx: ctx} }

// Open is OpenGuarded, mostly without starting a child.
func (r *Reader) Open(path string) (*File, error) {
	f, err := examine(path)
	if err != nil {
		return nil, err
	}
	if f.size > sharedSize {
		f.src, err = startRemote(r.ctx, path, f.size, nil)
	} else {
		f.src, err = startRemote(r.ctx, path, f.size, r)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// take gives a child, an idle one where there is one.
func (r *Reader) take() (*worker, error) {
	r.mu.Lock()
	for len(r.idle) > 0 {
		w := r.idle[len(r.idle)-1]
		r.idle = r.idle[:len(r.idle)-1]
		if w.tired.Stop() {
			r.mu.Unlock()
			return w, nil
		}
	}
	r.mu.Unlock()
	p, err := guard.Start(r.ctx, role, limitsFor(sharedSize))
	return &worker{p: p}, err
}

// give takes a child back that closed its file well.
func (r *Reader) give(w *worker) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w.files++; w.files >= sharedFor || len(r.idle) >= idleMost {
		w.p.Close()
		return
	}
	w.tired = time.AfterFunc(idleFor, w.p.Close)
	r.idle = append(r.idle, w)
}
