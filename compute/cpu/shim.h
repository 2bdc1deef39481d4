// The C side of the CPU backend. dnnl_shim.c is the only file that knows
// oneDNN's API and hides what changed between its versions 2 and 3; kernels.c
// holds the loops that are not oneDNN's, losses.c the less common losses;
// engine.c runs a network with all of them.
#ifndef REVERIE_CPU_SHIM_H
#define REVERIE_CPU_SHIM_H

#include <stddef.h>

enum { RV_CONV, RV_POOL, RV_FC, RV_DECONV, RV_CROP }; // as nn.Kind
enum { RV_L2, RV_L1, RV_INNER, RV_GRAM };              // as compute.Loss

typedef struct {
	int kind;
	int ic, ih, iw, oc, oh, ow;
	int average; // pooling: 1 average, 0 max
	int act;     // a rectifier follows
	float slope;
	const float *w, *b; // as nn.Param, owned by the caller while the program lives
} rv_op;

// ---- dnnl_shim.c -----------------------------------------------------------

typedef struct rv_weights rv_weights; // one layer's weights in oneDNN's layouts
typedef struct rv_conv rv_conv;       // one layer's primitives for one batch size

const char *rv_dnnl_init(void);
void rv_dnnl_version(int *major, int *minor, int *patch);
int rv_block(void); // channels per block of the activation layout: 16 with AVX-512, else 8

// Errors are static texts; NULL is success.
const char *rv_conv_new(rv_conv **out, rv_weights **w, const rv_op *op, int n, int plain_src, int gradient, int winograd);
void rv_conv_free(rv_conv *c);
void rv_weights_free(rv_weights *w);
size_t rv_weights_bytes(const rv_weights *w);
const char *rv_conv_forward(rv_conv *c, const float *src, float *dst);
const char *rv_conv_backward(rv_conv *c, const float *ddst, float *dsrc);

// c[m][n] = a[m][k]·b[k][n], or ·b[n][k]ᵀ.
const char *rv_gemm(int m, int n, int k, const float *a, const float *b, int transposed, float *c);

// y[n][out] = x[n][in]·wᵀ + b and dx[n][in] = dy[n][out]·w, w row-major [out][in].
const char *rv_fc_forward(const rv_op *op, int n, const float *x, float *y);
const char *rv_fc_backward(const rv_op *op, int n, const float *dy, float *dx);

// ---- kernels.c -------------------------------------------------------------

// Activations are [n][⌈C/blk⌉][H][W][blk]; the channels that pad the last block stay zero.
void rv_act(const float *z, float *a, size_t len, float slope);
void rv_to_plain(const float *blocked, float *plain, int n, int c, int hw, int blk);
void rv_to_blocked(const float *plain, float *blocked, int n, int c, int hw, int blk);
void rv_pool(const float *z, float *out, int n, const rv_op *op, int cb, int blk, int act, float slope);

// rv_crop takes the middle of activations that are blocked or plain (blk 0) into plain ones;
// rv_crop_back puts a gradient there and zeros around it.
void rv_crop(const float *in, float *out, int n, const rv_op *op, int blk);
void rv_crop_back(const float *g, float *gin, int n, const rv_op *op, int blk);

// A target of one image and layer; t NULL is none. m is its mask, NULL is 1 everywhere. The values of
// RV_GRAM are the products of channels, or of an fc layer the masked values.
typedef struct {
	const float *t, *m;
	double weight;
} rv_target;

// rv_inject turns g, the gradient with respect to the activation, into that
// with respect to z, adding the loss's own: g ← g·act′(z) + 2·weight·(z−t).
// g is taken as zero where top. loss[i] = weight·Σ(z−t)² of image i.
void rv_inject(float *g, const float *z, int n, size_t len, const rv_target *target, int top, int act, float slope, double *loss, double *scratch);

// rv_pool_back does the same through a pooling: gp is the gradient with respect to its output.
void rv_pool_back(const float *gp, float *g, const float *z, int n, const rv_op *op, int cb, int blk, const rv_target *target, int act, float slope, double *loss, double *scratch);

size_t rv_scratch(int n, size_t len); // doubles that rv_inject needs

// ---- losses.c --------------------------------------------------------------

// rv_loss adds a loss's own gradient to g where rv_inject and rv_pool_back were given no target, and gives the loss.
void rv_loss(int kind, float *g, const float *z, int n, size_t len, const rv_target *target, double *loss, double *scratch);

// rv_gram_* work on one image's plain [c][hw]. room has rv_gram_room floats.
size_t rv_gram_room(int c, int hw);
size_t rv_gram_len(int c, int hw); // floats of a target
const char *rv_gram_target(const float *values, const float *mask, int c, int hw, float *target, float *room);
const char *rv_gram_loss(const float *z, const rv_target *t, int c, int hw, float *grad, double *loss, float *room);

// ---- engine.c --------------------------------------------------------------

typedef struct rv_program rv_program;

// layers are op indices; ops up to the highest of them are kept.
const char *rv_program_new(rv_program **out, const rv_op *ops, int nops, const int *layers, int nlayers, int batch, int gradient, int winograd, int loss);
void rv_program_free(rv_program *p);
size_t rv_program_bytes(const rv_program *p);
const char *rv_set_target(rv_program *p, int slot, int layer, const float *values, const float *mask, double weight);
// stop ends the call with rv_cancelled soon after it is set, by another thread; NULL is never.
extern const char *const rv_cancelled;
const char *rv_evaluate(rv_program *p, const float *x, int n, const int *slots, double *loss, float *grad, const int *stop);
const char *rv_forward(rv_program *p, const float *x, int n, const int *stop);
void rv_feature(rv_program *p, int layer, int n, float *out);
void rv_op_output(rv_program *p, int op, int image, float *out); // of a plain op, as after the latest call
void rv_set_threads(int n);

// rv_bare runs the convolutions and fc layers of an evaluation and nothing else, on
// whatever the buffers hold: the time that oneDNN alone takes, for benchmarks.
const char *rv_bare(rv_program *p, const float *x, int n, float *grad);

#endif
