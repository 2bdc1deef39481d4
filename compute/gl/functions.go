package gl

/*
#cgo CFLAGS: -O2 -std=gnu11
#include <stdlib.h>
#include "list.h"

static void put(rvgl_table *t, int i, void *f) { ((void **)t)[i] = f; }
static const char *name(int i) { return rvgl_names[i]; }
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// functions fills the table of what an evaluation calls. Two of the functions
// are newer than OpenGL 4.3 and may be missing.
func functions(proc func(string) unsafe.Pointer) (*C.rvgl_table, error) {
	t := new(C.rvgl_table)
	for i := range int(C.rvgl_count) {
		name := C.GoString(C.name(C.int(i)))
		f := proc(name)
		switch name {
		case "glGetGraphicsResetStatus":
			if f == nil {
				f = proc("glGetGraphicsResetStatusARB")
			}
		case "glBufferStorage":
		default:
			if f == nil {
				return nil, fmt.Errorf("the driver has no %s", name)
			}
		}
		C.put(t, C.int(i), f)
	}
	return t, nil
}
