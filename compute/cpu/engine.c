#include "shim.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

// A program keeps the pre-activation output z of every layer and the activated
// output of every pooling. Two buffers take the gradient in turn. Outputs of fc
// layers and crops are plain, those of all others blocked.
struct rv_program {
	int nops, batch, nlayers, blk, gradient, winograd, loss;
	rv_op *ops;
	int *layer_op; // op of each layer
	int *op_layer; // layer of each op, or -1
	float **out;   // z, or a pooling's output
	size_t *len;   // floats per image of out
	rv_weights **weights;
	int *chunk;     // images that a convolution takes at once
	rv_conv **conv; // [op][whole chunk, one image], made when first needed
	float *act, *flat, *g[2];
	float *gram, *plain[2]; // room of RV_GRAM
	double *scratch, *layer_loss;
	rv_target *targets; // [slot][layer]
	rv_target *active;  // of the images of one call
	size_t bytes;
};

static void *get(rv_program *p, size_t bytes) {
	bytes = (bytes + 63) / 64 * 64;
	void *m = aligned_alloc(64, bytes ? bytes : 64);
	if (m) { memset(m, 0, bytes); p->bytes += bytes; }
	return m;
}

// CANCEL is the most floating-point operations between two looks at the stop flag: a tenth of a second at 80 GFLOP/s,
// two images of VGG19's largest convolution.
#define CANCEL 8e9

const char *const rv_cancelled = "cancelled";

static int stopped(const int *stop) { return stop && __atomic_load_n(stop, __ATOMIC_RELAXED); }

void rv_set_threads(int n) { omp_set_num_threads(n); }

size_t rv_program_bytes(const rv_program *p) {
	size_t b = p->bytes;
	for (int i = 0; i < p->nops; i++) b += rv_weights_bytes(p->weights[i]);
	return b;
}

static int channel_blocks(const rv_program *p, int c) { return (c + p->blk - 1) / p->blk; }

static int is_plain(const rv_op *op) { return op->kind == RV_FC || op->kind == RV_CROP; }

// takes_plain tells whether an op reads plain activations: the first convolution has a kernel for so few channels.
static int takes_plain(const rv_program *p, int i) {
	const rv_op *op = &p->ops[i];
	int plain = !i || is_plain(op - 1);
	if (op->kind == RV_FC) return 1;
	if (op->kind == RV_CROP) return plain;
	return op->kind == RV_CONV && plain && op->ic <= 4;
}

static size_t out_len(const rv_program *p, const rv_op *op) {
	if (is_plain(op)) return (size_t)op->oc * op->oh * op->ow;
	return (size_t)channel_blocks(p, op->oc) * p->blk * op->oh * op->ow;
}

void rv_program_free(rv_program *p) {
	if (!p) return;
	for (int i = 0; i < p->nops; i++) {
		if (p->out) free(p->out[i]);
		if (p->weights) rv_weights_free(p->weights[i]);
		for (int k = 0; p->conv && k < 2; k++) rv_conv_free(p->conv[2 * i + k]);
	}
	for (int i = 0; p->targets && i < p->batch * p->nlayers; i++) { free((void *)p->targets[i].t); free((void *)p->targets[i].m); }
	free(p->ops); free(p->layer_op); free(p->op_layer); free(p->out); free(p->len); free(p->weights); free(p->chunk); free(p->conv);
	free(p->act); free(p->flat); free(p->g[0]); free(p->g[1]);
	free(p->gram); free(p->plain[0]); free(p->plain[1]);
	free(p->scratch); free(p->layer_loss); free(p->targets); free(p->active);
	free(p);
}

// A chunk is the batch, or an even part of it where the whole would keep a cancelled call from ending.
static int chunk_for(const rv_op *op, int batch) {
	double image = (op->kind == RV_DECONV ? 8.0 : 18.0) * op->ic * op->oc * op->oh * op->ow;
	int chunk = batch;
	while (chunk > 1 && (batch % chunk || chunk * image > CANCEL)) chunk--;
	return chunk;
}

// conv_for gives the primitives for a whole chunk or for one image. The images that fill no chunk run one by one:
// primitives and weights for every number would cost memory, and a batch gains little on a CPU.
static const char *conv_for(rv_program *p, int i, int whole, rv_conv **c) {
	rv_conv **at = &p->conv[2 * i + (whole ? 0 : 1)];
	const char *err = *at ? NULL : rv_conv_new(at, &p->weights[i], &p->ops[i], whole ? p->chunk[i] : 1, takes_plain(p, i), p->gradient, p->winograd);
	*c = *at;
	return err;
}

// in_len is the length of an image's input in the layout that the op takes.
static size_t in_len(const rv_program *p, int i) {
	const rv_op *op = &p->ops[i];
	size_t hw = (size_t)op->ih * op->iw;
	return takes_plain(p, i) ? op->ic * hw : (size_t)channel_blocks(p, op->ic) * p->blk * hw;
}

static const char *conv_run(rv_program *p, int i, int n, int backward, const float *from, float *to, const int *stop) {
	rv_conv *c;
	size_t in = in_len(p, i), out = p->len[i];
	for (int k = 0, whole; k < n; k += whole ? p->chunk[i] : 1) {
		if (stopped(stop)) return rv_cancelled;
		whole = n - k >= p->chunk[i];
		const char *err = conv_for(p, i, whole, &c);
		if (!err) err = backward ? rv_conv_backward(c, from + k * out, to + k * in) : rv_conv_forward(c, from + k * in, to + k * out);
		if (err) return err;
	}
	return NULL;
}

const char *rv_program_new(rv_program **out, const rv_op *ops, int nops, const int *layers, int nlayers, int batch, int gradient, int winograd, int loss) {
	const char *err = "out of memory";
	rv_program *p = calloc(1, sizeof *p);
	if (!p) return err;
	int top = 0;
	for (int l = 0; l < nlayers; l++) top = layers[l] > top ? layers[l] : top;
	p->nops = top + 1; p->batch = batch; p->nlayers = nlayers; p->blk = rv_block(); p->gradient = gradient; p->winograd = winograd; p->loss = loss;
	p->ops = malloc(p->nops * sizeof *p->ops);
	p->layer_op = malloc(nlayers * sizeof *p->layer_op);
	p->op_layer = malloc(p->nops * sizeof *p->op_layer);
	p->out = calloc(p->nops, sizeof *p->out);
	p->len = calloc(p->nops, sizeof *p->len);
	p->weights = calloc(p->nops, sizeof *p->weights);
	p->chunk = calloc(p->nops, sizeof *p->chunk);
	p->conv = calloc((size_t)p->nops * 2, sizeof *p->conv);
	p->targets = calloc((size_t)batch * nlayers, sizeof *p->targets);
	p->active = calloc(batch, sizeof *p->active);
	p->layer_loss = calloc(batch, sizeof *p->layer_loss);
	if (!p->ops || !p->layer_op || !p->op_layer || !p->out || !p->len || !p->weights || !p->chunk || !p->conv || !p->targets || !p->active || !p->layer_loss) goto fail;
	memcpy(p->ops, ops, p->nops * sizeof *ops);
	memcpy(p->layer_op, layers, nlayers * sizeof *layers);
	for (int i = 0; i < p->nops; i++) p->op_layer[i] = -1;
	for (int l = 0; l < nlayers; l++) p->op_layer[layers[l]] = l;

	size_t widest = 0, scratch = 0, flat = 0, gram = 0, plain = 0;
	for (int i = 0; i < p->nops; i++) {
		const rv_op *op = &p->ops[i];
		p->len[i] = out_len(p, op);
		p->chunk[i] = chunk_for(op, batch);
		if (!(p->out[i] = get(p, batch * p->len[i] * sizeof(float)))) goto fail;
		size_t in = in_len(p, i), units = (size_t)op->oc * op->oh * op->ow;
		widest = p->len[i] > widest ? p->len[i] : widest;
		widest = in > widest ? in : widest;
		flat = in > flat ? in : flat;
		if (loss == RV_GRAM && p->op_layer[i] >= 0) {
			size_t room = rv_gram_room(op->oc, op->oh * op->ow);
			gram = room > gram ? room : gram;
			plain = units > plain ? units : plain;
		}
		size_t s = rv_scratch(batch, p->len[i]), planes = (size_t)batch * channel_blocks(p, op->oc);
		s = s > planes ? s : planes;
		scratch = s > scratch ? s : scratch;
	}
	if (!(p->act = get(p, batch * widest * sizeof(float)))) goto fail;
	if (!(p->flat = get(p, batch * flat * sizeof(float)))) goto fail;
	if (!(p->scratch = get(p, scratch * sizeof(double)))) goto fail;
	for (int k = 0; k < 2 && gradient; k++)
		if (!(p->g[k] = get(p, batch * widest * sizeof(float)))) goto fail;
	if (gram && !(p->gram = get(p, gram * sizeof(float)))) goto fail;
	for (int k = 0; k < 2 && gram; k++)
		if (!(p->plain[k] = get(p, plain * sizeof(float)))) goto fail;
	for (int i = 0; i < p->nops; i++) {
		rv_conv *c;
		if ((p->ops[i].kind == RV_CONV || p->ops[i].kind == RV_DECONV) && (err = conv_for(p, i, 1, &c))) goto fail;
	}
	*out = p;
	return NULL;
fail:
	rv_program_free(p);
	return err;
}

// laid_out copies C,H,W values into an op's layout.
static void laid_out(const rv_program *p, int i, const float *values, float *to) {
	const rv_op *op = &p->ops[i];
	if (is_plain(op)) memcpy(to, values, p->len[i] * sizeof(float));
	else rv_to_blocked(values, to, 1, op->oc, op->oh * op->ow, p->blk);
}

const char *rv_set_target(rv_program *p, int slot, int layer, const float *values, const float *mask, double weight) {
	rv_target *t = &p->targets[slot * p->nlayers + layer];
	int i = p->layer_op[layer], gram = p->loss == RV_GRAM;
	const rv_op *op = &p->ops[i];
	size_t hw = (size_t)op->oh * op->ow, len = gram ? rv_gram_len(op->oc, hw) : p->len[i];
	if (!t->t && !(t->t = get(p, len * sizeof(float)))) return "out of memory for targets";
	if (mask && !t->m && !(t->m = get(p, p->len[i] * sizeof(float)))) return "out of memory for masks";
	if (!mask && t->m) {
		free((void *)t->m);
		p->bytes -= (p->len[i] * sizeof(float) + 63) / 64 * 64;
		t->m = NULL;
	}
	t->weight = weight;
	if (gram) {
		if (mask) memcpy((float *)t->m, mask, op->oc * hw * sizeof(float));
		return rv_gram_target(values, mask, op->oc, hw, (float *)t->t, p->gram);
	}
	laid_out(p, i, values, (float *)t->t);
	if (mask) laid_out(p, i, mask, (float *)t->m);
	return NULL;
}

const char *rv_forward(rv_program *p, const float *x, int n, const int *stop) {
	const char *err = NULL;
	for (int i = 0; i < p->nops && !err; i++) {
		if (stopped(stop)) return rv_cancelled;
		const rv_op *op = &p->ops[i], *prev = i ? op - 1 : NULL;
		const float *in = i ? p->out[i - 1] : x;
		int plain = !i || is_plain(prev), want = takes_plain(p, i);
		if (op->kind == RV_POOL) {
			rv_pool(in, p->out[i], n, op, channel_blocks(p, op->oc), p->blk, prev->act, prev->slope);
			continue;
		}
		if (prev && prev->kind != RV_POOL && prev->act) {
			rv_act(in, p->act, n * p->len[i - 1], prev->slope);
			in = p->act;
		}
		if (op->kind == RV_CROP) {
			rv_crop(in, p->out[i], n, op, plain ? 0 : p->blk);
			continue;
		}
		if (plain != want) { // the previous output may have another shape of as many values
			if (want) rv_to_plain(in, p->flat, n, op->ic, op->ih * op->iw, p->blk);
			else rv_to_blocked(in, p->flat, n, op->ic, op->ih * op->iw, p->blk);
			in = p->flat;
		}
		err = op->kind == RV_FC ? rv_fc_forward(op, n, in, p->out[i]) : conv_run(p, i, n, 0, in, p->out[i], stop);
	}
	return err;
}

void rv_op_output(rv_program *p, int op, int image, float *out) {
	memcpy(out, p->out[op] + image * p->len[op], p->len[op] * sizeof(float));
}

void rv_feature(rv_program *p, int layer, int n, float *out) {
	int i = p->layer_op[layer];
	const rv_op *op = &p->ops[i];
	if (is_plain(op)) memcpy(out, p->out[i], n * p->len[i] * sizeof(float));
	else rv_to_plain(p->out[i], out, n, op->oc, op->oh * op->ow, p->blk);
}

// active gives the targets of a call's images at an op; apart tells that rv_loss or the products of channels are to
// work on them after rv_inject or rv_pool_back, which are given no target then.
static const rv_target *active(rv_program *p, int i, int n, const int *slots, int *apart) {
	int l = p->op_layer[i];
	*apart = p->loss != RV_L2;
	for (int k = 0; k < n; k++) {
		rv_target none = {NULL, NULL, 0};
		p->active[k] = l < 0 ? none : p->targets[slots[k] * p->nlayers + l];
		if (p->active[k].m) *apart = 1;
	}
	for (int k = 0; k < n && *apart; k++) p->active[k].t = NULL;
	return p->active;
}

// apart_loss adds what was left out of the pass before.
static const char *apart_loss(rv_program *p, int i, int n, const int *slots, float *g) {
	int l = p->op_layer[i], c = p->ops[i].oc, hw = p->ops[i].oh * p->ops[i].ow, plain = is_plain(&p->ops[i]);
	if (l < 0) return NULL;
	for (int k = 0; k < n; k++) p->active[k] = p->targets[slots[k] * p->nlayers + l];
	if (p->loss != RV_GRAM) {
		rv_loss(p->loss, g, p->out[i], n, p->len[i], p->active, p->layer_loss, p->scratch);
		return NULL;
	}
	for (int k = 0; k < n; k++) {
		const float *z = p->out[i] + k * p->len[i];
		float *own = g + k * p->len[i], *add = p->plain[1];
		p->layer_loss[k] = 0;
		if (!p->active[k].t) continue;
		if (!plain) {
			rv_to_plain(z, p->plain[0], 1, c, hw, p->blk);
			z = p->plain[0];
		}
		const char *err = rv_gram_loss(z, &p->active[k], c, hw, p->plain[1], &p->layer_loss[k], p->gram);
		if (err) return err;
		if (!plain) {
			rv_to_blocked(p->plain[1], p->act, 1, c, hw, p->blk);
			add = p->act;
		}
		for (size_t j = 0; j < p->len[i]; j++) own[j] += add[j];
	}
	return NULL;
}

static void keep_loss(rv_program *p, int i, int n, double *loss) {
	int l = p->op_layer[i];
	for (int k = 0; k < n && l >= 0; k++) loss[k * p->nlayers + l] = p->layer_loss[k];
}

const char *rv_evaluate(rv_program *p, const float *x, int n, const int *slots, double *loss, float *grad, const int *stop) {
	const char *err = rv_forward(p, x, n, stop);
	if (err) return err;
	float *g = p->g[0], *h = p->g[1];
	int top = p->nops - 1, apart;
	const rv_target *t = active(p, top, n, slots, &apart);
	rv_inject(g, p->out[top], n, p->len[top], t, 1, 0, 1, p->layer_loss, p->scratch);
	if (apart && (err = apart_loss(p, top, n, slots, g))) return err;
	keep_loss(p, top, n, loss);
	for (int i = top; i >= 0; i--) { // g holds the gradient with respect to out[i]
		if (stopped(stop)) return rv_cancelled;
		const rv_op *op = &p->ops[i], *prev = i ? op - 1 : NULL;
		int plain = !i || is_plain(prev), took = takes_plain(p, i);
		float *to = i || plain != took ? h : grad;
		if (op->kind == RV_POOL) {
			t = active(p, i - 1, n, slots, &apart);
			rv_pool_back(g, h, p->out[i - 1], n, op, channel_blocks(p, op->ic), p->blk, t, prev->act, prev->slope, p->layer_loss, p->scratch);
		} else if (op->kind == RV_CROP) {
			rv_crop_back(g, to, n, op, plain ? 0 : p->blk);
		} else {
			if ((err = op->kind == RV_FC ? rv_fc_backward(op, n, g, to) : conv_run(p, i, n, 1, g, to, stop))) return err;
			if (plain != took) {
				float *laid = i ? g : grad;
				if (plain) rv_to_plain(h, laid, n, op->ic, op->ih * op->iw, p->blk);
				else rv_to_blocked(h, laid, n, op->ic, op->ih * op->iw, p->blk);
				if (i) { g = h; h = laid; }
			}
		}
		if (!prev) break;
		float *s = g; g = h; h = s;
		if (op->kind != RV_POOL) {
			if (prev->kind == RV_POOL) continue;
			t = active(p, i - 1, n, slots, &apart);
			rv_inject(g, p->out[i - 1], n, p->len[i - 1], t, 0, prev->act, prev->slope, p->layer_loss, p->scratch);
		}
		if (apart && (err = apart_loss(p, i - 1, n, slots, g))) return err;
		keep_loss(p, i - 1, n, loss);
	}
	return NULL;
}

const char *rv_bare(rv_program *p, const float *x, int n, float *grad) {
	const char *err;
	for (int i = 0; i < p->nops; i++) {
		const rv_op *op = &p->ops[i];
		const float *in = i ? p->out[i - 1] : x;
		if (op->kind == RV_FC && (err = rv_fc_forward(op, n, p->flat, p->out[i]))) return err;
		if ((op->kind == RV_CONV || op->kind == RV_DECONV) && (err = conv_run(p, i, n, 0, in, p->out[i], NULL))) return err;
	}
	for (int i = p->nops - 1; i >= 0; i--) {
		const rv_op *op = &p->ops[i];
		float *g = p->g[i & 1], *h = i ? p->g[1 - (i & 1)] : grad;
		if (op->kind == RV_FC && (err = rv_fc_backward(op, n, g, h))) return err;
		if ((op->kind == RV_CONV || op->kind == RV_DECONV) && (err = conv_run(p, i, n, 1, g, h, NULL))) return err;
	}
	return NULL;
}
