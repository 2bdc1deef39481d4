//go:build !windows && (!unix || darwin)

package context

import "unsafe"

// Context does not exist on this system.
type Context struct{ robust bool }

func places() ([]Place, error) {
	return nil, unusable("this system has no OpenGL 4.3: macOS ends at 4.1, without compute shaders; the CPU is used instead")
}

func open(Place) (*Context, error) {
	_, err := places()
	return nil, err
}

func (c *Context) proc(string) unsafe.Pointer { return nil }
func (c *Context) close()                     {}
