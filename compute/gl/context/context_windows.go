package context

import (
	"runtime"
	"syscall"
	"unsafe"
)

// Made by the documentation of WGL and compiled, but not yet run on Windows.

var (
	user32   = syscall.NewLazyDLL("user32.dll")
	gdi32    = syscall.NewLazyDLL("gdi32.dll")
	kernel32 = syscall.NewLazyDLL("kernel32.dll")
	opengl32 = syscall.NewLazyDLL("opengl32.dll")

	getModuleHandle   = kernel32.NewProc("GetModuleHandleW")
	defWindowProc     = user32.NewProc("DefWindowProcW")
	registerClass     = user32.NewProc("RegisterClassExW")
	createWindow      = user32.NewProc("CreateWindowExW")
	destroyWindow     = user32.NewProc("DestroyWindow")
	getDC             = user32.NewProc("GetDC")
	releaseDC         = user32.NewProc("ReleaseDC")
	choosePixelFormat = gdi32.NewProc("ChoosePixelFormat")
	setPixelFormat    = gdi32.NewProc("SetPixelFormat")
	wglCreateContext  = opengl32.NewProc("wglCreateContext")
	wglDeleteContext  = opengl32.NewProc("wglDeleteContext")
	wglMakeCurrent    = opengl32.NewProc("wglMakeCurrent")
	wglGetProcAddress = opengl32.NewProc("wglGetProcAddress")
)

// Context is a WGL context on a window that is never shown.
type Context struct {
	window, dc, context uintptr
	robust              bool
}

// places has one entry: Windows gives the GPU that it set for the program.
func places() ([]Place, error) {
	if err := opengl32.Load(); err != nil {
		return nil, unusable("OpenGL does not load: %v", err)
	}
	return []Place{{Name: "the GPU that Windows gives this program", Own: true}}, nil
}

type windowClass struct {
	size, style                        uint32
	proc                               uintptr
	classExtra, windowExtra            int32
	instance, icon, cursor, background uintptr
	menu, name                         *uint16
	small                              uintptr
}

type pixelFormat struct {
	size, version                                       uint16
	flags                                               uint32
	pixelType, colorBits                                byte
	_                                                   [13]byte
	depthBits, stencilBits, auxBuffers, layer, reserved byte
	_                                                   [3]uint32
}

const (
	drawToWindow  = 0x4
	supportOpenGL = 0x20
	ownDC         = 0x20

	contextMajor    = 0x2091
	contextMinor    = 0x2092
	profileMask     = 0x9126
	coreProfile     = 1
	resetStrategy   = 0x8256
	loseOnReset     = 0x8252
	classRegistered = syscall.Errno(1410)
)

func open(Place) (*Context, error) {
	c := &Context{}
	name, err := syscall.UTF16PtrFromString("reverie-compute")
	if err != nil {
		return nil, err
	}
	instance, _, _ := getModuleHandle.Call(0)
	class := windowClass{style: ownDC, proc: defWindowProc.Addr(), instance: instance, name: name}
	class.size = uint32(unsafe.Sizeof(class))
	if atom, _, e := registerClass.Call(uintptr(unsafe.Pointer(&class))); atom == 0 && e != classRegistered {
		return nil, unusable("no window for OpenGL: %v", e)
	}
	var e error
	if c.window, _, e = createWindow.Call(0, uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(name)), 0, 0, 0, 1, 1, 0, 0, instance, 0); c.window == 0 {
		return nil, unusable("no window for OpenGL: %v", e)
	}
	if c.dc, _, e = getDC.Call(c.window); c.dc == 0 {
		c.close()
		return nil, unusable("the window has no device context: %v", e)
	}
	pf := pixelFormat{version: 1, flags: drawToWindow | supportOpenGL, colorBits: 32}
	pf.size = uint16(unsafe.Sizeof(pf))
	n, _, e := choosePixelFormat.Call(c.dc, uintptr(unsafe.Pointer(&pf)))
	if n == 0 {
		c.close()
		return nil, unusable("no pixel format with OpenGL: %v", e)
	}
	if ok, _, e := setPixelFormat.Call(c.dc, n, uintptr(unsafe.Pointer(&pf))); ok == 0 {
		c.close()
		return nil, unusable("no pixel format with OpenGL: %v", e)
	}
	if err := c.create(); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// create makes an old context first: only with one is the function known that makes a new one.
func (c *Context) create() error {
	first, _, e := wglCreateContext.Call(c.dc)
	if first == 0 {
		return unusable("no OpenGL context: %v", e)
	}
	defer wglDeleteContext.Call(first)
	if ok, _, e := wglMakeCurrent.Call(c.dc, first); ok == 0 {
		return unusable("no OpenGL context: %v", e)
	}
	make43 := uintptr(c.proc("wglCreateContextAttribsARB"))
	if make43 == 0 {
		return unusable("the driver has no OpenGL 4.3: install that of the GPU's maker")
	}
	attributes := []int32{contextMajor, 4, contextMinor, 3, profileMask, coreProfile, resetStrategy, loseOnReset, 0}
	for _, c.robust = range []bool{true, false} {
		if !c.robust {
			attributes = append(attributes[:6], 0)
		}
		c.context, _, e = syscall.SyscallN(make43, c.dc, 0, uintptr(unsafe.Pointer(&attributes[0])))
		runtime.KeepAlive(attributes)
		if c.context != 0 {
			break
		}
	}
	if c.context == 0 {
		return unusable("the driver has no OpenGL 4.3 core context (error %v): update it", e)
	}
	if ok, _, e := wglMakeCurrent.Call(c.dc, c.context); ok == 0 {
		return unusable("the OpenGL context cannot be made current: %v", e)
	}
	return nil
}

func (c *Context) proc(name string) unsafe.Pointer {
	s := append([]byte(name), 0)
	p, _, _ := wglGetProcAddress.Call(uintptr(unsafe.Pointer(&s[0])))
	switch p { // what WGL gives for the functions of OpenGL 1.1, which the library exports
	case 0, 1, 2, 3, ^uintptr(0):
		f := opengl32.NewProc(name)
		if f.Find() != nil {
			return nil
		}
		p = f.Addr()
	}
	return *(*unsafe.Pointer)(unsafe.Pointer(&p)) // an address of code, not of Go's heap
}

func (c *Context) close() {
	if c.context != 0 {
		wglMakeCurrent.Call(0, 0)
		wglDeleteContext.Call(c.context)
	}
	if c.dc != 0 {
		releaseDC.Call(c.window, c.dc)
	}
	if c.window != 0 {
		destroyWindow.Call(c.window)
	}
	*c = Context{}
}
