#ifndef RV_LIST_H
#define RV_LIST_H

#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#define GLAPI_CALL __stdcall
#else
#define GLAPI_CALL
#endif

// The functions that an evaluation calls. Pointers, so that a test can put in
// ones that do nothing and measure what is left.
typedef struct {
	void (GLAPI_CALL *UseProgram)(unsigned);
	void (GLAPI_CALL *BindBufferRange)(unsigned, unsigned, unsigned, intptr_t, intptr_t);
	void (GLAPI_CALL *ActiveTexture)(unsigned);
	void (GLAPI_CALL *BindTexture)(unsigned, unsigned);
	void (GLAPI_CALL *Uniform1iv)(int, int, const int *);
	void (GLAPI_CALL *DispatchCompute)(unsigned, unsigned, unsigned);
	void (GLAPI_CALL *MemoryBarrier)(unsigned);
	void (GLAPI_CALL *Flush)(void);
	void *(GLAPI_CALL *FenceSync)(unsigned, unsigned);
	unsigned (GLAPI_CALL *ClientWaitSync)(void *, unsigned, uint64_t);
	void (GLAPI_CALL *DeleteSync)(void *);
	void (GLAPI_CALL *BindBuffer)(unsigned, unsigned);
	void (GLAPI_CALL *BufferSubData)(unsigned, intptr_t, intptr_t, const void *);
	void (GLAPI_CALL *GetBufferSubData)(unsigned, intptr_t, intptr_t, void *);
	void (GLAPI_CALL *CopyBufferSubData)(unsigned, unsigned, intptr_t, intptr_t, intptr_t);
	unsigned (GLAPI_CALL *GetError)(void);
	unsigned (GLAPI_CALL *GetGraphicsResetStatus)(void);                          // may be missing
	void (GLAPI_CALL *BufferStorage)(unsigned, intptr_t, const void *, unsigned); // may be missing
	void *(GLAPI_CALL *MapBufferRange)(unsigned, intptr_t, intptr_t, unsigned);
} rvgl_table;

// The names of the functions above, in order.
extern const char *const rvgl_names[];
extern const int rvgl_count;

typedef struct {
	uint32_t index, name; // of a buffer, or of a buffer texture
	int64_t offset, size; // size 0 marks a texture
} rvgl_bind;

typedef struct {
	uint32_t program, groups[3];
	uint32_t barrier; // bits, 0 for none
	uint32_t bind, binds;
	int32_t args[16];
} rvgl_command;

// rvgl_run issues commands [from,to) and flushes.
void rvgl_run(const rvgl_table *gl, const rvgl_command *list, const rvgl_bind *binds, int from, int to);

// rvgl_fence marks the present end of the queue; rvgl_poll tells whether it was
// reached (1), not yet (0) or the wait failed (−1), and deletes it unless 0.
void *rvgl_fence(const rvgl_table *gl);
int rvgl_poll(const rvgl_table *gl, void *fence, int flush);

void rvgl_upload(const rvgl_table *gl, unsigned buffer, int64_t offset, int64_t size, const void *data);
void rvgl_download(const rvgl_table *gl, unsigned buffer, int64_t offset, int64_t size, void *data);

// rvgl_staging makes a buffer that the device writes and the processor reads, and
// maps it for good; NULL where the driver cannot.
void *rvgl_staging(const rvgl_table *gl, unsigned buffer, int64_t size);
// rvgl_stage copies part of a buffer into the staging buffer, in the device's own time.
void rvgl_stage(const rvgl_table *gl, unsigned from, int64_t offset, unsigned staging, int64_t at, int64_t size);

unsigned rvgl_error(const rvgl_table *gl);
unsigned rvgl_reset(const rvgl_table *gl);

// rvgl_idle is a table of functions that do nothing, for measuring this side alone.
rvgl_table rvgl_idle(void);
// rvgl_fail makes a table tell of an error (once) and a reset status, as a failing driver would.
void rvgl_fail(rvgl_table *gl, unsigned error, unsigned reset);

#endif
