package gl

/*
#include "list.h"
*/
import "C"

// Stand-ins for the driver's functions, which tests and benchmarks put in. All
// return what puts the real ones back.

// idle makes the driver do nothing, so that what is left is this side's time.
func (b *Backend) idle() (restore func()) {
	real := *b.table
	*b.table = C.rvgl_idle()
	return func() { *b.table = real }
}

// fail makes the driver tell of an error, once, and of a reset status.
func (b *Backend) fail(code, status uint32) (restore func()) {
	real := *b.table
	C.rvgl_fail(b.table, C.uint(code), C.uint(status))
	return func() { *b.table = real }
}
