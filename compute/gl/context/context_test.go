//go:build linux

package context

import (
	"errors"
	"runtime"
	"testing"
	"unsafe"

	"reverie/compute"
)

// first opens the first place that works: Mesa's software renderer at least.
func first(t *testing.T) *Context {
	t.Helper()
	list, err := Places()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		c, err := Open(p)
		if err == nil {
			return c
		}
		t.Log(err)
	}
	t.Fatal("no OpenGL 4.3 context: install Mesa's EGL (Debian, Ubuntu: libegl1 libegl-mesa0)")
	return nil
}

func onThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // the thread ends with the goroutine
		f()
	}()
	<-done
}

func TestOpenAndCloseMany(t *testing.T) {
	onThread(func() {
		for range 20 {
			c := first(t)
			for _, name := range []string{"glDispatchCompute", "glGetError", "glMemoryBarrier"} {
				if c.Proc(name) == nil {
					t.Errorf("no %s", name)
				}
			}
			c.Close()
		}
	})
}

// Two contexts on two threads live side by side, as with the window's own.
func TestTwoContexts(t *testing.T) {
	opened, close1 := make(chan unsafe.Pointer), make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		c := first(t)
		opened <- c.context
		<-close1
		c.Close()
	}()
	one := <-opened
	onThread(func() {
		c := first(t)
		if c.context == one {
			t.Error("the same context twice")
		}
		close(close1)
		<-done
		if c.Proc("glDispatchCompute") == nil {
			t.Error("the second context is unusable after the first was closed")
		}
		c.Close()
	})
}

func TestMissingLibrary(t *testing.T) {
	defer func(l string) { library = l }(library)
	library = "libNoSuchEGL.so.1"
	if _, err := Places(); !errors.Is(err, compute.ErrNoDevice) {
		t.Errorf("places without EGL: %v", err)
	}
	if _, err := Open(Place{}); !errors.Is(err, compute.ErrNoDevice) {
		t.Errorf("open without EGL: %v", err)
	}
}
