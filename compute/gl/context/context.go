// Package context makes OpenGL 4.3 core contexts without a window: through EGL on
// Linux and its kin, through WGL on Windows. macOS ends at OpenGL 4.1, which has
// no compute shaders. A context belongs to the OS thread that opened it, and
// nothing here touches the context of the program's window.
package context

import (
	"fmt"
	"unsafe"

	"reverie/compute"
)

// Place is where a context can be made: a device, or the system's own choice.
type Place struct {
	Name string // for people, e.g. "/dev/dri/card0"; the GPU's own name needs a context
	// Own says that the place is one device, not whatever the system takes.
	Own bool

	device unsafe.Pointer
	kind   int
}

// Places lists where contexts may be made, the system's order. It returns
// compute.ErrNoDevice, with the reason, where there is no such thing.
func Places() ([]Place, error) { return places() }

// Open makes a context and makes it current on the calling thread, which must be
// locked (runtime.LockOSThread) and without another context.
func Open(p Place) (*Context, error) { return open(p) }

// Proc is the address of an OpenGL function, nil where the driver has none.
func (c *Context) Proc(name string) unsafe.Pointer { return c.proc(name) }

// Robust reports whether the driver tells of resets (glGetGraphicsResetStatus).
func (c *Context) Robust() bool { return c.robust }

// Close ends the context, on the thread that opened it.
func (c *Context) Close() { c.close() }

func unusable(format string, args ...any) error {
	return fmt.Errorf("%w: %s", compute.ErrNoDevice, fmt.Sprintf(format, args...))
}
