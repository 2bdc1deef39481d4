// Package gl is the GPU backend: VGG19 and the generator as OpenGL 4.3 compute
// shaders, on a context of its own that needs no window.
package gl

import "reverie/compute/gl/plan"

// Options choose the device and how it computes.
type Options struct {
	// Device is a device's number as Devices gives it or part of its name; "" is
	// the first that is no software renderer.
	Device string
	// Exact forbids Winograd convolutions.
	Exact bool
	// Cache is the folder of tuned plans and compiled programs; "" keeps none.
	Cache string

	// For tests: other limits than the driver's, and a barrier of every kind before every dispatch.
	limit    func(plan.Limits, plan.Profile) (plan.Limits, plan.Profile)
	barriers bool
}

// Device describes what OpenGL could run on.
type Device struct {
	Index    int
	Name     string // GL_RENDERER
	Vendor   string // GL_VENDOR
	Version  string // GL_VERSION, with the driver's own version
	Memory   uint64 // bytes of video memory, 0 where the driver does not tell
	Software bool   // computes on the processor: llvmpipe, softpipe, GDI, …
	Problem  string // why it cannot be used, for people; "" where it can
}
