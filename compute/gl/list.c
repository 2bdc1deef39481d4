#include "list.h"

#include <string.h>

#define SHADER_STORAGE_BUFFER 0x90D2
#define TEXTURE_BUFFER 0x8C2A
#define TEXTURE0 0x84C0
#define COPY_READ_BUFFER 0x8F36
#define COPY_WRITE_BUFFER 0x8F37
#define SYNC_GPU_COMMANDS_COMPLETE 0x9117
#define SYNC_FLUSH_COMMANDS_BIT 1
#define ALREADY_SIGNALED 0x911A
#define TIMEOUT_EXPIRED 0x911B
#define CONDITION_SATISFIED 0x911C
#define BUFFER_UPDATE_BARRIER_BIT 0x200
#define CLIENT_MAPPED_BUFFER_BARRIER_BIT 0x4000
#define MAP_READ_PERSISTENT_COHERENT (0x0001 | 0x0040 | 0x0080)

const char *const rvgl_names[] = {
	"glUseProgram", "glBindBufferRange", "glActiveTexture", "glBindTexture", "glUniform1iv", "glDispatchCompute",
	"glMemoryBarrier", "glFlush", "glFenceSync", "glClientWaitSync", "glDeleteSync", "glBindBuffer", "glBufferSubData",
	"glGetBufferSubData", "glCopyBufferSubData", "glGetError", "glGetGraphicsResetStatus", "glBufferStorage", "glMapBufferRange",
};
const int rvgl_count = sizeof rvgl_names / sizeof *rvgl_names;

_Static_assert(sizeof(rvgl_table) == sizeof rvgl_names, "a name for every function");

void rvgl_run(const rvgl_table *gl, const rvgl_command *list, const rvgl_bind *binds, int from, int to) {
	uint32_t program = 0;
	for (const rvgl_command *c = list + from; c < list + to; c++) {
		if (c->barrier) gl->MemoryBarrier(c->barrier);
		if (c->program != program) gl->UseProgram(program = c->program);
		for (const rvgl_bind *b = binds + c->bind; b < binds + c->bind + c->binds; b++) {
			if (b->size) {
				gl->BindBufferRange(SHADER_STORAGE_BUFFER, b->index, b->name, b->offset, b->size);
			} else {
				gl->ActiveTexture(TEXTURE0 + b->index);
				gl->BindTexture(TEXTURE_BUFFER, b->name);
			}
		}
		gl->Uniform1iv(0, 16, c->args);
		gl->DispatchCompute(c->groups[0], c->groups[1], c->groups[2]);
	}
	gl->Flush();
}

void *rvgl_fence(const rvgl_table *gl) { return gl->FenceSync(SYNC_GPU_COMMANDS_COMPLETE, 0); }

int rvgl_poll(const rvgl_table *gl, void *fence, int flush) {
	unsigned s = gl->ClientWaitSync(fence, flush ? SYNC_FLUSH_COMMANDS_BIT : 0, 0);
	if (s == TIMEOUT_EXPIRED) return 0;
	gl->DeleteSync(fence);
	return s == ALREADY_SIGNALED || s == CONDITION_SATISFIED ? 1 : -1;
}

void rvgl_upload(const rvgl_table *gl, unsigned buffer, int64_t offset, int64_t size, const void *data) {
	gl->BindBuffer(COPY_WRITE_BUFFER, buffer);
	gl->BufferSubData(COPY_WRITE_BUFFER, offset, size, data);
}

void rvgl_download(const rvgl_table *gl, unsigned buffer, int64_t offset, int64_t size, void *data) {
	gl->MemoryBarrier(BUFFER_UPDATE_BARRIER_BIT);
	gl->BindBuffer(COPY_READ_BUFFER, buffer);
	gl->GetBufferSubData(COPY_READ_BUFFER, offset, size, data);
}

void *rvgl_staging(const rvgl_table *gl, unsigned buffer, int64_t size) {
	if (!gl->BufferStorage) return NULL;
	gl->BindBuffer(COPY_WRITE_BUFFER, buffer);
	gl->BufferStorage(COPY_WRITE_BUFFER, size, NULL, MAP_READ_PERSISTENT_COHERENT);
	return gl->MapBufferRange(COPY_WRITE_BUFFER, 0, size, MAP_READ_PERSISTENT_COHERENT);
}

void rvgl_stage(const rvgl_table *gl, unsigned from, int64_t offset, unsigned staging, int64_t at, int64_t size) {
	gl->MemoryBarrier(BUFFER_UPDATE_BARRIER_BIT);
	gl->BindBuffer(COPY_READ_BUFFER, from);
	gl->BindBuffer(COPY_WRITE_BUFFER, staging);
	gl->CopyBufferSubData(COPY_READ_BUFFER, COPY_WRITE_BUFFER, offset, at, size);
	gl->MemoryBarrier(CLIENT_MAPPED_BUFFER_BARRIER_BIT);
}

unsigned rvgl_error(const rvgl_table *gl) {
	unsigned first = 0, e;
	// a lost context may report its error for ever
	for (int i = 0; i < 16 && (e = gl->GetError()); i++)
		if (!first) first = e;
	return first;
}

unsigned rvgl_reset(const rvgl_table *gl) { return gl->GetGraphicsResetStatus ? gl->GetGraphicsResetStatus() : 0; }

// Stand-ins.

static void GLAPI_CALL idle_u(unsigned a) { (void)a; }
static void GLAPI_CALL idle_uu(unsigned a, unsigned b) { (void)a, (void)b; }
static void GLAPI_CALL idle_range(unsigned a, unsigned b, unsigned c, intptr_t d, intptr_t e) { (void)a, (void)b, (void)c, (void)d, (void)e; }
static void GLAPI_CALL idle_uniform(int a, int b, const int *c) { (void)a, (void)b, (void)c; }
static void GLAPI_CALL idle_uuu(unsigned a, unsigned b, unsigned c) { (void)a, (void)b, (void)c; }
static void GLAPI_CALL idle_flush(void) {}
static void *GLAPI_CALL idle_fence(unsigned a, unsigned b) { return (void)a, (void)b, (void *)1; }
static unsigned GLAPI_CALL idle_wait(void *a, unsigned b, uint64_t c) { return (void)a, (void)b, (void)c, ALREADY_SIGNALED; }
static void GLAPI_CALL idle_delete(void *a) { (void)a; }
static void GLAPI_CALL idle_write(unsigned a, intptr_t b, intptr_t c, const void *d) { (void)a, (void)b, (void)c, (void)d; }
static void GLAPI_CALL idle_read(unsigned a, intptr_t b, intptr_t c, void *d) { (void)a, (void)b, (void)c, (void)d; }
static void GLAPI_CALL idle_copy(unsigned a, unsigned b, intptr_t c, intptr_t d, intptr_t e) { (void)a, (void)b, (void)c, (void)d, (void)e; }
static unsigned GLAPI_CALL idle_status(void) { return 0; }
static unsigned told_error, told_reset;
static unsigned GLAPI_CALL fail_error(void) { unsigned e = told_error; told_error = 0; return e; }
static unsigned GLAPI_CALL fail_reset(void) { return told_reset; }

rvgl_table rvgl_idle(void) {
	rvgl_table t = {
		.UseProgram = idle_u, .BindBufferRange = idle_range, .ActiveTexture = idle_u, .BindTexture = idle_uu,
		.Uniform1iv = idle_uniform, .DispatchCompute = idle_uuu, .MemoryBarrier = idle_u, .Flush = idle_flush,
		.FenceSync = idle_fence, .ClientWaitSync = idle_wait, .DeleteSync = idle_delete, .BindBuffer = idle_uu,
		.BufferSubData = idle_write, .GetBufferSubData = idle_read, .CopyBufferSubData = idle_copy, .GetError = idle_status,
	};
	return t;
}

void rvgl_fail(rvgl_table *gl, unsigned error, unsigned reset) {
	told_error = error, told_reset = reset;
	gl->GetError = fail_error, gl->GetGraphicsResetStatus = fail_reset;
}
