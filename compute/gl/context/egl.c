//go:build unix && !darwin

#include "egl.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#define EGL_SUCCESS 0x3000
#define EGL_EXTENSIONS 0x3055
#define EGL_OPENGL_API 0x30A2
#define EGL_PLATFORM_DEVICE 0x313F
#define EGL_PLATFORM_SURFACELESS 0x31DD
#define EGL_DRM_DEVICE_FILE 0x3233
#define EGL_NONE 0x3038
#define EGL_SURFACE_TYPE 0x3033
#define EGL_RENDERABLE_TYPE 0x3040
#define EGL_OPENGL_BIT 0x0008
#define EGL_CONTEXT_MAJOR_VERSION 0x3098
#define EGL_CONTEXT_MINOR_VERSION 0x30FB
#define EGL_CONTEXT_PROFILE_MASK 0x30FD
#define EGL_CORE_PROFILE_BIT 1
#define EGL_RESET_STRATEGY 0x31BD
#define EGL_LOSE_CONTEXT_ON_RESET 0x31BF

static void *find(const rv_egl *e, void *lib, const char *name) {
	void *f = dlsym(lib, name);
	return f ? f : e->GetProcAddress(name);
}

const char *rv_egl_load(rv_egl *e, const char *library) {
	void *lib = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	if (!lib) return dlerror();
	*(void **)&e->GetProcAddress = dlsym(lib, "eglGetProcAddress");
	if (!e->GetProcAddress) return "the library has no eglGetProcAddress";
	struct {
		void *at;
		const char *name;
		int needed;
	} f[] = {
		{&e->QueryString, "eglQueryString", 1},
		{&e->GetError, "eglGetError", 1},
		{&e->GetDisplay, "eglGetDisplay", 1},
		{&e->Initialize, "eglInitialize", 1},
		{&e->BindAPI, "eglBindAPI", 1},
		{&e->ChooseConfig, "eglChooseConfig", 1},
		{&e->CreateContext, "eglCreateContext", 1},
		{&e->MakeCurrent, "eglMakeCurrent", 1},
		{&e->DestroyContext, "eglDestroyContext", 1},
		{&e->ReleaseThread, "eglReleaseThread", 1},
		{&e->GetPlatformDisplay, "eglGetPlatformDisplayEXT", 0},
		{&e->QueryDevices, "eglQueryDevicesEXT", 0},
		{&e->QueryDeviceString, "eglQueryDeviceStringEXT", 0},
	};
	for (size_t i = 0; i < sizeof f / sizeof *f; i++) {
		void *p = find(e, lib, f[i].name);
		if (!p && f[i].needed) return f[i].name;
		memcpy(f[i].at, &p, sizeof p);
	}
	return NULL;
}

const char *rv_egl_extensions(const rv_egl *e, void *display) {
	const char *s = e->QueryString(display, EGL_EXTENSIONS);
	return s ? s : "";
}

int rv_egl_devices(const rv_egl *e, void **devices, int room) {
	int n = 0;
	return e->QueryDevices && e->QueryDevices(room, devices, &n) ? n : 0;
}

const char *rv_egl_device_file(const rv_egl *e, void *device) {
	// of a device without the extension the query itself is an error
	const char *ext = e->QueryDeviceString ? e->QueryDeviceString(device, EGL_EXTENSIONS) : NULL;
	if (!ext) return "";
	if (strstr(ext, "EGL_MESA_device_software")) return "software";
	const char *s = strstr(ext, "EGL_EXT_device_drm") ? e->QueryDeviceString(device, EGL_DRM_DEVICE_FILE) : NULL;
	return s ? s : "";
}

static int failed(const rv_egl *e, char **what, const char *step) {
	*what = (char *)step;
	return e->GetError();
}

int rv_egl_open(const rv_egl *e, int kind, void *device, void **display, void **context, int *robust, char **what) {
	*what = NULL;
	*display = NULL;
	if (kind == 2)
		*display = e->GetDisplay(NULL);
	else if (e->GetPlatformDisplay)
		*display = e->GetPlatformDisplay(kind ? EGL_PLATFORM_SURFACELESS : EGL_PLATFORM_DEVICE, device, NULL);
	if (!*display) return failed(e, what, "no EGL display");
	int major, minor;
	if (!e->Initialize(*display, &major, &minor)) return failed(e, what, "EGL does not start");
	if (!e->BindAPI(EGL_OPENGL_API)) return failed(e, what, "EGL has no OpenGL");
	const char *ext = rv_egl_extensions(e, *display);
	if (!strstr(ext, "EGL_KHR_surfaceless_context")) return failed(e, what, "EGL makes no context without a surface");
	void *config = NULL; // EGL_KHR_no_config_context
	if (!strstr(ext, "EGL_KHR_no_config_context")) {
		const int want[] = {EGL_SURFACE_TYPE, 0, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_NONE};
		int n = 0;
		if (!e->ChooseConfig(*display, want, &config, 1, &n) || n < 1) return failed(e, what, "EGL has no configuration for OpenGL");
	}
	const int attributes[] = {
		EGL_CONTEXT_MAJOR_VERSION, 4, EGL_CONTEXT_MINOR_VERSION, 3, EGL_CONTEXT_PROFILE_MASK, EGL_CORE_PROFILE_BIT,
		EGL_RESET_STRATEGY, EGL_LOSE_CONTEXT_ON_RESET, EGL_NONE,
	};
	*context = e->CreateContext(*display, config, NULL, attributes);
	*robust = *context != NULL;
	if (!*context) { // without word of resets
		int plain[7]; // the first three pairs
		memcpy(plain, attributes, sizeof plain);
		plain[6] = EGL_NONE;
		*context = e->CreateContext(*display, config, NULL, plain);
	}
	if (!*context) return failed(e, what, "no OpenGL 4.3 core context");
	if (!e->MakeCurrent(*display, NULL, NULL, *context)) {
		int code = failed(e, what, "the OpenGL context cannot be made current");
		e->DestroyContext(*display, *context);
		return code;
	}
	return EGL_SUCCESS;
}

void rv_egl_close(const rv_egl *e, void *display, void *context) {
	e->MakeCurrent(display, NULL, NULL, NULL);
	e->DestroyContext(display, context);
	e->ReleaseThread();
}

void *rv_egl_proc(const rv_egl *e, const char *name) { return e->GetProcAddress(name); }
