//go:build unix && !darwin

package context

/*
#cgo LDFLAGS: -ldl
#include <stdlib.h>
#include "egl.h"
*/
import "C"

import (
	"fmt"
	"strings"
	"sync"
	"unsafe"
)

// library is what EGL is looked for under; a test asks for one that is not there.
var library = "libEGL.so.1"

// Kinds of places.
const (
	deviceKind = iota
	surfaceless
	standard
)

// Context is an EGL context without a surface.
type Context struct {
	egl     *C.rv_egl
	display unsafe.Pointer
	context unsafe.Pointer
	robust  bool
}

var loaded = struct {
	sync.Mutex
	egl map[string]*C.rv_egl
}{egl: map[string]*C.rv_egl{}}

// load opens the library once; it stays for the life of the process, as drivers
// do not like to be unloaded.
func load() (*C.rv_egl, error) {
	loaded.Lock()
	defer loaded.Unlock()
	if e := loaded.egl[library]; e != nil {
		return e, nil
	}
	name := C.CString(library)
	defer C.free(unsafe.Pointer(name))
	e := (*C.rv_egl)(C.calloc(1, C.sizeof_rv_egl))
	if msg := C.rv_egl_load(e, name); msg != nil {
		C.free(unsafe.Pointer(e))
		return nil, unusable("OpenGL needs EGL: %s; install the package of libEGL (Debian, Ubuntu: libegl1)", C.GoString(msg))
	}
	loaded.egl[library] = e
	return e, nil
}

func places() ([]Place, error) {
	e, err := load()
	if err != nil {
		return nil, err
	}
	var out []Place
	ext := " " + C.GoString(C.rv_egl_extensions(e, nil)) + " "
	has := func(names ...string) bool {
		for _, n := range names {
			if strings.Contains(ext, " "+n+" ") {
				return true
			}
		}
		return false
	}
	if has("EGL_EXT_platform_device") && has("EGL_EXT_device_enumeration", "EGL_EXT_device_base") {
		var devices [64]unsafe.Pointer
		n := int(C.rv_egl_devices(e, &devices[0], C.int(len(devices))))
		for i, d := range devices[:n] {
			name := C.GoString(C.rv_egl_device_file(e, d))
			if name == "" {
				name = fmt.Sprint("EGL device ", i)
			}
			out = append(out, Place{Name: name, Own: true, device: d, kind: deviceKind})
		}
	}
	if has("EGL_MESA_platform_surfaceless") {
		out = append(out, Place{Name: "EGL without a display", kind: surfaceless})
	}
	return append(out, Place{Name: "EGL's default display", kind: standard}), nil
}

func open(p Place) (*Context, error) {
	e, err := load()
	if err != nil {
		return nil, err
	}
	c := &Context{egl: e}
	var what *C.char
	var robust C.int
	code := C.rv_egl_open(e, C.int(p.kind), p.device, &c.display, &c.context, &robust, &what)
	if what != nil {
		return nil, unusable("%s: %s%s", p.Name, C.GoString(what), reason(uint32(code)))
	}
	c.robust = robust != 0
	return c, nil
}

// reason puts an EGL error into words.
func reason(code uint32) string {
	switch code {
	case 0, 0x3000:
		return ""
	case 0x3001:
		return " (the driver did not start: is it installed, and may this user open the device?)"
	case 0x3002, 0x3009:
		return " (the driver has no OpenGL 4.3: update it)"
	case 0x3003:
		return " (out of memory)"
	}
	return fmt.Sprintf(" (EGL error 0x%04x)", code)
}

func (c *Context) proc(name string) unsafe.Pointer {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return C.rv_egl_proc(c.egl, s)
}

// close leaves the display initialised: others may use it, the window among them.
func (c *Context) close() {
	C.rv_egl_close(c.egl, c.display, c.context)
	c.context = nil
}
