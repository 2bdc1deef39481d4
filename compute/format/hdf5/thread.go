package hdf5

/*
#cgo pkg-config: hdf5
#cgo CFLAGS: -O2 -Wall
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"runtime"
	"sync"
)

// libhdf5 keeps global state and, as distributed, is not safe for threads: one worker makes every call.
var (
	startWorker sync.Once
	calls       = make(chan call)
)

type call struct {
	fn   func()
	done chan struct{}
}

// do runs fn on the library's thread and waits. fn must not call do.
func do(fn func()) {
	startWorker.Do(func() {
		go func() {
			runtime.LockOSThread()
			C.rv_init()
			for c := range calls {
				c.fn()
				close(c.done)
			}
		}()
	})
	c := call{fn, make(chan struct{})}
	calls <- c
	<-c.done
}

// libraryMessage is the innermost message of the library's error stack; it must be
// taken before the next library call. On the worker only.
func libraryMessage() string {
	var buf [512]C.char
	C.rv_error(&buf[0], C.size_t(len(buf)))
	return C.GoString(&buf[0])
}
