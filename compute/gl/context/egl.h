#ifndef RV_EGL_H
#define RV_EGL_H

#include <stdint.h>

// What is used of EGL 1.5, loaded at run time: a machine without it must still start.
typedef struct {
	void *(*GetProcAddress)(const char *);
	const char *(*QueryString)(void *, int);
	int (*GetError)(void);
	void *(*GetDisplay)(void *);
	void *(*GetPlatformDisplay)(unsigned, void *, const void *); // may be missing, as the rest
	unsigned (*Initialize)(void *, int *, int *);
	unsigned (*BindAPI)(unsigned);
	unsigned (*ChooseConfig)(void *, const int *, void **, int, int *);
	void *(*CreateContext)(void *, void *, void *, const int *);
	unsigned (*MakeCurrent)(void *, void *, void *, void *);
	unsigned (*DestroyContext)(void *, void *);
	unsigned (*ReleaseThread)(void);
	unsigned (*QueryDevices)(int, void **, int *);        // may be missing
	const char *(*QueryDeviceString)(void *, int);        // may be missing
} rv_egl;

// rv_egl_load fills the table; it returns a message where it cannot.
const char *rv_egl_load(rv_egl *e, const char *library);
// rv_egl_extensions gives a display's extensions, the client's for NULL; never NULL.
const char *rv_egl_extensions(const rv_egl *e, void *display);
int rv_egl_devices(const rv_egl *e, void **devices, int room);
const char *rv_egl_device_file(const rv_egl *e, void *device);

// rv_egl_open makes an OpenGL 4.3 core context current without a surface. kind: 0
// device, 1 surfaceless, 2 default. On failure *what says at which step and the
// EGL error is returned.
int rv_egl_open(const rv_egl *e, int kind, void *device, void **display, void **context, int *robust, char **what);
void rv_egl_close(const rv_egl *e, void *display, void *context);
void *rv_egl_proc(const rv_egl *e, const char *name);

#endif
