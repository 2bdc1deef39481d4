#include "shim.h"

#include <math.h>

// Losses other than the plain sum of squares, and masks: a pass of its own over
// the layer, so that the usual case pays nothing. Sums are cut as in kernels.c.

#define CHUNK 16384

static double chunk(int kind, float *g, const float *z, const float *t, const float *m, size_t len, double weight) {
	double sum = 0;
	float w = (float)weight;
	for (size_t i = 0; i < len; i++) {
		float k = m ? m[i] : 1, d = z[i] - t[i];
		switch (kind) {
		case RV_L1:
			sum += fabsf(k * d);
			g[i] += w * fabsf(k) * (float)((d > 0) - (d < 0));
			break;
		case RV_INNER:
			sum -= (double)(k * z[i]) * t[i];
			g[i] -= w * k * t[i];
			break;
		default:
			sum += (double)(k * d) * d;
			g[i] += 2 * w * k * d;
		}
	}
	return sum;
}

void rv_loss(int kind, float *g, const float *z, int n, size_t len, const rv_target *target, double *loss, double *scratch) {
	int chunks = (int)((len + CHUNK - 1) / CHUNK);
#pragma omp parallel for schedule(static)
	for (int k = 0; k < n * chunks; k++) {
		const rv_target *a = target + k / chunks;
		size_t from = (size_t)(k % chunks) * CHUNK, at = (k / chunks) * len + from, count = len - from < CHUNK ? len - from : CHUNK;
		scratch[k] = a->t ? chunk(kind, g + at, z + at, a->t + from, a->m ? a->m + from : NULL, count, a->weight) : 0;
	}
	for (int i = 0; i < n; i++) {
		double s = 0;
		for (int k = 0; k < chunks; k++) s += scratch[(size_t)i * chunks + k];
		loss[i] = target[i].t ? target[i].weight * s : 0;
	}
}

// Of one pixel the products of all channels would fill a matrix of units²; they are never made:
// Σ(ffᵀ−yyᵀ)² = |f|⁴ − 2(f·y)² + |y|⁴.
size_t rv_gram_len(int c, int hw) { return hw == 1 ? (size_t)c : (size_t)c * c; }

size_t rv_gram_room(int c, int hw) { return hw == 1 ? (size_t)c : 2 * (size_t)c * hw + (size_t)c * c; }

static void masked(const float *v, const float *mask, size_t len, float *out) {
	for (size_t i = 0; i < len; i++) out[i] = mask ? v[i] * mask[i] : v[i];
}

const char *rv_gram_target(const float *values, const float *mask, int c, int hw, float *target, float *room) {
	masked(values, mask, (size_t)c * hw, hw == 1 ? target : room);
	return hw == 1 ? NULL : rv_gemm(c, c, hw, room, room, 1, target);
}

const char *rv_gram_loss(const float *z, const rv_target *t, int c, int hw, float *grad, double *loss, float *room) {
	size_t len = (size_t)c * hw;
	double per = 1.0 / ((double)c * c * hw * hw), sum = 0;
	masked(z, t->m, len, room);
	if (hw == 1) {
		double ff = 0, fy = 0, yy = 0;
		for (size_t i = 0; i < len; i++) {
			ff += (double)room[i] * room[i];
			fy += (double)room[i] * t->t[i];
			yy += (double)t->t[i] * t->t[i];
		}
		sum = ff * ff - 2 * fy * fy + yy * yy;
		for (size_t i = 0; i < len; i++) grad[i] = (float)(t->weight * per * (ff * room[i] - fy * t->t[i]));
	} else {
		float *g = room + len, *product = g + (size_t)c * c;
		const char *err = rv_gemm(c, c, hw, room, room, 1, g);
		if (err) return err;
		for (size_t i = 0; i < (size_t)c * c; i++) {
			g[i] -= t->t[i];
			sum += (double)g[i] * g[i];
		}
		if ((err = rv_gemm(c, hw, c, g, room, 0, product))) return err;
		for (size_t i = 0; i < len; i++) grad[i] = (float)(t->weight * per) * product[i];
	}
	for (size_t i = 0; t->m && i < len; i++) grad[i] *= t->m[i];
	*loss = t->weight * per * sum / 4;
	return NULL;
}
