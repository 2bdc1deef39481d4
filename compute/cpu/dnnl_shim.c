#include "shim.h"

#include <dnnl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// A memory descriptor is a struct in version 2 and an opaque pointer in
// version 3. Both APIs take what rv_md is here.
#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t rv_md;
typedef const_dnnl_memory_desc_t rv_cmd;
static rv_md md_tag(int nd, const dnnl_dims_t dims, dnnl_format_tag_t tag) {
	rv_md m = NULL;
	return dnnl_memory_desc_create_with_tag(&m, nd, dims, dnnl_f32, tag) == dnnl_success ? m : NULL;
}
static rv_md md_copy(rv_cmd s) {
	rv_md m = NULL;
	return dnnl_memory_desc_clone(&m, s) == dnnl_success ? m : NULL;
}
static void md_free(rv_md m) { if (m) dnnl_memory_desc_destroy(m); }
#else
typedef dnnl_memory_desc_t *rv_md;
typedef const dnnl_memory_desc_t *rv_cmd;
static rv_md md_tag(int nd, const dnnl_dims_t dims, dnnl_format_tag_t tag) {
	rv_md m = malloc(sizeof *m);
	if (m && dnnl_memory_desc_init_by_tag(m, nd, dims, dnnl_f32, tag) != dnnl_success) { free(m); m = NULL; }
	return m;
}
static rv_md md_copy(rv_cmd s) {
	rv_md m = malloc(sizeof *m);
	if (m) *m = *s;
	return m;
}
static void md_free(rv_md m) { free(m); }
#endif

static dnnl_engine_t engine;
static dnnl_stream_t stream;

const char *rv_dnnl_init(void) {
	if (engine) return NULL;
	if (dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success) return "oneDNN has no CPU engine";
	if (dnnl_stream_create(&stream, engine, dnnl_stream_default_flags) != dnnl_success) return "oneDNN stream";
	return NULL;
}

void rv_dnnl_version(int *major, int *minor, int *patch) {
	const dnnl_version_t *v = dnnl_version();
	*major = v->major; *minor = v->minor; *patch = v->patch;
}

int rv_block(void) {
#if defined(__x86_64__) || defined(_M_X64)
	return dnnl_get_effective_cpu_isa() >= dnnl_cpu_isa_avx512_core ? 16 : 8;
#else
	return 8;
#endif
}

// The weights of a layer in each layout that one of its primitives asked for, and shared by those that ask for the same.
struct rv_weights {
	struct {
		rv_md md;
		void *data;
	} copy[4];
	int copies;
	float *bias; // padded with zeros to whole blocks
	size_t bytes;
};

struct rv_conv {
	dnnl_primitive_t fwd, bwd, to_plain; // to_plain: the first layer's input gradient
	dnnl_memory_t src, dst, wf, bias, dsrc, ddst, wb, plain;
	void *plain_data;
};

void rv_weights_free(rv_weights *w) {
	if (!w) return;
	for (int i = 0; i < w->copies; i++) { md_free(w->copy[i].md); free(w->copy[i].data); }
	free(w->bias);
	free(w);
}

size_t rv_weights_bytes(const rv_weights *w) { return w ? w->bytes : 0; }

void rv_conv_free(rv_conv *c) {
	if (!c) return;
	dnnl_primitive_t ps[] = {c->fwd, c->bwd, c->to_plain};
	for (int i = 0; i < 3; i++) if (ps[i]) dnnl_primitive_destroy(ps[i]);
	dnnl_memory_t ms[] = {c->src, c->dst, c->wf, c->bias, c->dsrc, c->ddst, c->wb, c->plain};
	for (int i = 0; i < 8; i++) if (ms[i]) dnnl_memory_destroy(ms[i]);
	free(c->plain_data);
	free(c);
}

typedef struct {
	rv_cmd src, wei, bias, dst;
} conv_shape;

// deconv_pd is a transposed 4×4 convolution of stride 2.
static dnnl_status_t deconv_pd(dnnl_primitive_desc_t *pd, const conv_shape *c, int backward, dnnl_primitive_desc_t hint) {
	const dnnl_dims_t two = {2, 2}, pad = {1, 1};
	const dnnl_alg_kind_t alg = dnnl_deconvolution_direct;
#if DNNL_VERSION_MAJOR >= 3
	const dnnl_dims_t dense = {0, 0};
	if (backward)
		return dnnl_deconvolution_backward_data_primitive_desc_create(pd, engine, alg, c->src, c->wei, c->dst, two, dense, pad, pad, hint, NULL);
	return dnnl_deconvolution_forward_primitive_desc_create(pd, engine, dnnl_forward_training, alg, c->src, c->wei, c->bias, c->dst, two, dense, pad, pad, NULL);
#else
	dnnl_deconvolution_desc_t d;
	dnnl_status_t s = backward
		? dnnl_deconvolution_backward_data_desc_init(&d, alg, c->src, c->wei, c->dst, two, pad, pad)
		: dnnl_deconvolution_forward_desc_init(&d, dnnl_forward_training, alg, c->src, c->wei, c->bias, c->dst, two, pad, pad);
	return s != dnnl_success ? s : dnnl_primitive_desc_create(pd, &d, NULL, engine, hint);
#endif
}

static dnnl_status_t conv_pd(dnnl_primitive_desc_t *pd, dnnl_alg_kind_t alg, const conv_shape *c, int backward, dnnl_primitive_desc_t hint) {
	const dnnl_dims_t one = {1, 1}, pad = {1, 1};
	// Inference lets Winograd keep its transformed weights from call to call.
	dnnl_prop_kind_t prop = alg == dnnl_convolution_winograd ? dnnl_forward_inference : dnnl_forward_training;
#if DNNL_VERSION_MAJOR >= 3
	const dnnl_dims_t dense = {0, 0};
	if (backward)
		return dnnl_convolution_backward_data_primitive_desc_create(pd, engine, alg, c->src, c->wei, c->dst, one, dense, pad, pad, hint, NULL);
	return dnnl_convolution_forward_primitive_desc_create(pd, engine, prop, alg, c->src, c->wei, c->bias, c->dst, one, dense, pad, pad, NULL);
#else
	dnnl_convolution_desc_t d;
	dnnl_status_t s = backward
		? dnnl_convolution_backward_data_desc_init(&d, alg, c->src, c->wei, c->dst, one, pad, pad)
		: dnnl_convolution_forward_desc_init(&d, prop, alg, c->src, c->wei, c->bias, c->dst, one, pad, pad);
	return s != dnnl_success ? s : dnnl_primitive_desc_create(pd, &d, NULL, engine, hint);
#endif
}

// best_pd takes Winograd where it was asked for, this processor has it and it is worth its errors, else the direct
// algorithm. Backward that is from maps of 28×28 on; below, the transforms of the weights outweigh what they save.
// Forward its rounding errors have a common sign and every layer adds some 1e-7 to the relative error of the loss, so
// only the five layers that gain most have it: those of large maps that keep the number of channels.
static dnnl_status_t best_pd(dnnl_primitive_desc_t *pd, const rv_op *op, int winograd, const conv_shape *c, int backward, dnnl_primitive_desc_t hint) {
	if (op->kind == RV_DECONV) return deconv_pd(pd, c, backward, hint);
	int gains = backward ? op->ih * op->iw >= 28 * 28 : op->ih * op->iw >= 56 * 56 && op->ic == op->oc;
	if (winograd && gains && op->ic >= 16 && conv_pd(pd, dnnl_convolution_winograd, c, backward, hint) == dnnl_success)
		return dnnl_success;
	return conv_pd(pd, dnnl_convolution_direct, c, backward, hint);
}

static int reorder(rv_cmd from, void *src, rv_cmd to, void *dst) {
	dnnl_primitive_desc_t pd = NULL;
	dnnl_primitive_t p = NULL;
	dnnl_memory_t a = NULL, b = NULL;
	int ok = dnnl_memory_create(&a, from, engine, src) == dnnl_success &&
		dnnl_memory_create(&b, to, engine, dst) == dnnl_success &&
		dnnl_reorder_primitive_desc_create(&pd, from, engine, to, engine, NULL) == dnnl_success &&
		dnnl_primitive_create(&p, pd) == dnnl_success;
	if (ok) {
		dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, a}, {DNNL_ARG_TO, b}};
		ok = dnnl_primitive_execute(p, stream, 2, args) == dnnl_success && dnnl_stream_wait(stream) == dnnl_success;
	}
	if (p) dnnl_primitive_destroy(p);
	if (pd) dnnl_primitive_desc_destroy(pd);
	if (a) dnnl_memory_destroy(a);
	if (b) dnnl_memory_destroy(b);
	return ok;
}

static void *aligned(size_t bytes) {
	void *p = aligned_alloc(64, (bytes + 63) / 64 * 64);
	if (p) memset(p, 0, bytes);
	return p;
}

// weights_in gives the weights in the layout that a primitive chose, reordering them where no other had it.
static const char *weights_in(rv_weights *w, rv_cmd chosen, rv_cmd plain, const float *values, dnnl_memory_t *mem) {
	void *data = NULL;
	for (int i = 0; i < w->copies; i++)
		if (dnnl_memory_desc_equal(w->copy[i].md, chosen)) data = w->copy[i].data;
	if (!data) {
		size_t bytes = dnnl_memory_desc_get_size(chosen);
		if (w->copies == 4) return "oneDNN asks for too many layouts of one layer's weights";
		w->copy[w->copies].md = md_copy(chosen);
		data = w->copy[w->copies].data = aligned(bytes);
		if (!data || !w->copy[w->copies++].md) return "out of memory for weights";
		if (!reorder(plain, (void *)values, chosen, data)) return "oneDNN could not reorder weights";
		w->bytes += bytes;
	}
	return dnnl_memory_create(mem, chosen, engine, data) == dnnl_success ? NULL : "oneDNN memory";
}

#define CHECK(call, text) do { if ((call) != dnnl_success) { err = text; goto done; } } while (0)

const char *rv_conv_new(rv_conv **out, rv_weights **wp, const rv_op *op, int n, int plain_src, int gradient, int winograd) {
	const char *err = NULL;
	dnnl_format_tag_t blocked = rv_block() == 16 ? dnnl_aBcd16b : dnnl_aBcd8b;
	// The padding channels of the last block are made part of the convolution (zero weights): oneDNN
	// has no fast kernel for some shapes with channels that it must pad itself.
	int blk = rv_block(), ic = plain_src ? op->ic : (op->ic + blk - 1) / blk * blk, oc = (op->oc + blk - 1) / blk * blk;
	int up = op->kind == RV_DECONV, taps = up ? 16 : 9;
	dnnl_dims_t ds = {n, ic, op->ih, op->iw}, dd = {n, oc, op->oh, op->ow}, dw = {oc, ic, up ? 4 : 3, up ? 4 : 3}, db = {oc};
	float *padded = NULL;
	rv_conv *c = calloc(1, sizeof *c);
	rv_weights *w = *wp ? *wp : calloc(1, sizeof *w);
	dnnl_primitive_desc_t fpd = NULL, bpd = NULL, rpd = NULL;
	rv_md src = md_tag(4, ds, plain_src ? dnnl_abcd : blocked), dst = md_tag(4, dd, blocked), any = md_tag(4, dw, dnnl_format_tag_any);
	rv_md plain = md_tag(4, dw, up ? dnnl_bacd : dnnl_abcd), bias = md_tag(1, db, dnnl_a), anysrc = md_tag(4, ds, dnnl_format_tag_any);
	if (!c || !w || !src || !dst || !any || !plain || !bias || !anysrc) { err = "out of memory"; goto done; }
	*wp = w;
	if (!w->bias) {
		if (!(w->bias = aligned(oc * sizeof(float)))) { err = "out of memory"; goto done; }
		memcpy(w->bias, op->b, op->oc * sizeof(float));
	}
	const float *values = op->w;
	if (ic != op->ic || oc != op->oc) {
		if (!(padded = aligned((size_t)oc * ic * taps * sizeof(float)))) { err = "out of memory"; goto done; }
		// rows of weights: by output, of a transposed convolution by input
		int rows = up ? op->ic : op->oc, len = (up ? op->oc : op->ic) * taps, room = (up ? oc : ic) * taps;
		for (int k = 0; k < rows; k++)
			memcpy(padded + (size_t)k * room, op->w + (size_t)k * len, (size_t)len * sizeof(float));
		values = padded;
	}

	conv_shape forward = {src, any, bias, dst};
	CHECK(best_pd(&fpd, op, winograd, &forward, 0, NULL), "oneDNN has no forward convolution for this shape");
	if ((err = weights_in(w, dnnl_primitive_desc_query_md(fpd, dnnl_query_weights_md, 0), plain, values, &c->wf))) goto done;
	CHECK(dnnl_primitive_create(&c->fwd, fpd), "oneDNN could not make the forward convolution");
	CHECK(dnnl_memory_create(&c->src, src, engine, NULL), "oneDNN memory");
	CHECK(dnnl_memory_create(&c->dst, dst, engine, NULL), "oneDNN memory");
	CHECK(dnnl_memory_create(&c->bias, bias, engine, w->bias), "oneDNN memory");
	if (gradient) {
		conv_shape back = {plain_src ? anysrc : src, any, NULL, dst};
		CHECK(best_pd(&bpd, op, winograd, &back, 1, fpd), "oneDNN has no backward convolution for this shape");
		if ((err = weights_in(w, dnnl_primitive_desc_query_md(bpd, dnnl_query_weights_md, 0), plain, values, &c->wb))) goto done;
		CHECK(dnnl_primitive_create(&c->bwd, bpd), "oneDNN could not make the backward convolution");
		rv_cmd ch = dnnl_primitive_desc_query_md(bpd, dnnl_query_diff_src_md, 0);
		CHECK(dnnl_memory_create(&c->dsrc, ch, engine, NULL), "oneDNN memory");
		CHECK(dnnl_memory_create(&c->ddst, dst, engine, NULL), "oneDNN memory");
		if (plain_src && !dnnl_memory_desc_equal(ch, src)) {
			if (!(c->plain_data = aligned(dnnl_memory_desc_get_size(ch)))) { err = "out of memory"; goto done; }
			CHECK(dnnl_memory_set_data_handle(c->dsrc, c->plain_data), "oneDNN memory");
			CHECK(dnnl_memory_create(&c->plain, src, engine, NULL), "oneDNN memory");
			CHECK(dnnl_reorder_primitive_desc_create(&rpd, ch, engine, src, engine, NULL), "oneDNN reorder");
			CHECK(dnnl_primitive_create(&c->to_plain, rpd), "oneDNN reorder");
		}
	}
	*out = c;
done:
	md_free(src); md_free(dst); md_free(any); md_free(plain); md_free(bias); md_free(anysrc);
	free(padded);
	if (fpd) dnnl_primitive_desc_destroy(fpd);
	if (bpd) dnnl_primitive_desc_destroy(bpd);
	if (rpd) dnnl_primitive_desc_destroy(rpd);
	if (err) rv_conv_free(c);
	return err;
}

const char *rv_conv_forward(rv_conv *c, const float *src, float *dst) {
	dnnl_memory_set_data_handle(c->src, (void *)src);
	dnnl_memory_set_data_handle(c->dst, dst);
	dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, c->src}, {DNNL_ARG_WEIGHTS, c->wf}, {DNNL_ARG_BIAS, c->bias}, {DNNL_ARG_DST, c->dst}};
	return dnnl_primitive_execute(c->fwd, stream, 4, args) == dnnl_success ? NULL : "oneDNN forward convolution";
}

const char *rv_conv_backward(rv_conv *c, const float *ddst, float *dsrc) {
	dnnl_memory_set_data_handle(c->ddst, (void *)ddst);
	if (!c->to_plain) dnnl_memory_set_data_handle(c->dsrc, dsrc);
	dnnl_exec_arg_t args[] = {{DNNL_ARG_DIFF_DST, c->ddst}, {DNNL_ARG_WEIGHTS, c->wb}, {DNNL_ARG_DIFF_SRC, c->dsrc}};
	if (dnnl_primitive_execute(c->bwd, stream, 3, args) != dnnl_success) return "oneDNN backward convolution";
	if (c->to_plain) {
		dnnl_memory_set_data_handle(c->plain, dsrc);
		dnnl_exec_arg_t r[] = {{DNNL_ARG_FROM, c->dsrc}, {DNNL_ARG_TO, c->plain}};
		if (dnnl_primitive_execute(c->to_plain, stream, 2, r) != dnnl_success) return "oneDNN reorder";
	}
	return NULL;
}

const char *rv_gemm(int m, int n, int k, const float *a, const float *b, int transposed, float *c) {
	return dnnl_sgemm('N', transposed ? 'T' : 'N', m, n, k, 1, a, k, b, transposed ? k : n, 0, c, n) == dnnl_success ? NULL : "oneDNN sgemm";
}

const char *rv_fc_forward(const rv_op *op, int n, const float *x, float *y) {
	dnnl_dim_t in = (dnnl_dim_t)op->ic * op->ih * op->iw, out = op->oc;
	for (int i = 0; i < n; i++) memcpy(y + i * out, op->b, out * sizeof *y);
	return dnnl_sgemm('N', 'T', n, out, in, 1, x, in, op->w, in, 1, y, out) == dnnl_success ? NULL : "oneDNN sgemm";
}

const char *rv_fc_backward(const rv_op *op, int n, const float *dy, float *dx) {
	dnnl_dim_t in = (dnnl_dim_t)op->ic * op->ih * op->iw, out = op->oc;
	return dnnl_sgemm('N', 'N', n, in, out, 1, dy, out, op->w, in, 0, dx, in) == dnnl_success ? NULL : "oneDNN sgemm";
}
