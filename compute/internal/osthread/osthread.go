// Package osthread runs functions on one locked OS thread: for libraries whose
// state belongs to a thread, as OpenGL's contexts and OpenMP's teams do.
package osthread

import "runtime"

// Thread is one locked OS thread.
type Thread struct {
	work chan func()
	done chan struct{}
}

// New starts a thread.
func New() *Thread {
	t := &Thread{work: make(chan func()), done: make(chan struct{})}
	go func() {
		runtime.LockOSThread()
		for f := range t.work {
			f()
			t.done <- struct{}{}
		}
	}()
	return t
}

// Call runs f on the thread and waits for it. Callers must take turns.
func (t *Thread) Call(f func()) {
	t.work <- f
	<-t.done
}

// Stop ends the thread.
func (t *Thread) Stop() { close(t.work) }
