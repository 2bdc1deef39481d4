package cpu

import "runtime"

// thread owns one locked OS thread. Every oneDNN call is made on it: each
// calling thread would get an OpenMP team of its own otherwise.
type thread struct {
	work chan func()
	done chan struct{}
}

func newThread() *thread {
	t := &thread{work: make(chan func()), done: make(chan struct{})}
	go func() {
		runtime.LockOSThread()
		for f := range t.work {
			f()
			t.done <- struct{}{}
		}
	}()
	return t
}

// call runs f on the thread and waits for it. Callers must take turns.
func (t *thread) call(f func()) {
	t.work <- f
	<-t.done
}

func (t *thread) stop() { close(t.work) }
