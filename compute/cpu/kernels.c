#include "shim.h"

#include <string.h>

// The loops below are memory-bound, so plain C that the compiler vectorises
// does. Chunks are cut by size, never by thread, and sums over chunks are taken
// in order: results do not depend on the number of threads.

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define FAST __attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default"), noinline))
#else
#define FAST __attribute__((noinline))
#endif

#define CHUNK 16384
#define RUN 256 // squares summed in float before they go to double

FAST static void act_chunk(const float *z, float *a, size_t len, float slope) {
	for (size_t i = 0; i < len; i++) {
		float v = z[i];
		a[i] = v > 0 ? v : v * slope;
	}
}

void rv_act(const float *z, float *a, size_t len, float slope) {
	long chunks = (long)((len + CHUNK - 1) / CHUNK);
#pragma omp parallel for schedule(static)
	for (long k = 0; k < chunks; k++) {
		size_t at = (size_t)k * CHUNK, m = len - at < CHUNK ? len - at : CHUNK;
		act_chunk(z + at, a + at, m, slope);
	}
}

void rv_to_plain(const float *b, float *p, int n, int c, int hw, int blk) {
	int cb = (c + blk - 1) / blk;
#pragma omp parallel for collapse(2) schedule(static)
	for (int i = 0; i < n; i++)
		for (int k = 0; k < c; k++) {
			const float *s = b + ((size_t)(i * cb + k / blk) * hw) * blk + k % blk;
			float *d = p + (size_t)(i * c + k) * hw;
			for (int j = 0; j < hw; j++) d[j] = s[(size_t)j * blk];
		}
}

void rv_to_blocked(const float *p, float *b, int n, int c, int hw, int blk) {
	int cb = (c + blk - 1) / blk;
#pragma omp parallel for collapse(2) schedule(static)
	for (int i = 0; i < n; i++)
		for (int k = 0; k < cb * blk; k++) {
			float *d = b + ((size_t)(i * cb + k / blk) * hw) * blk + k % blk;
			const float *s = p + (size_t)(i * c + k) * hw;
			for (int j = 0; j < hw; j++) d[(size_t)j * blk] = k < c ? s[j] : 0;
		}
}

void rv_crop(const float *in, float *out, int n, const rv_op *op, int blk) {
	int y0 = (op->ih - op->oh) / 2, x0 = (op->iw - op->ow) / 2, step = blk ? blk : 1;
	int per = blk ? (op->ic + blk - 1) / blk * blk : op->ic;
#pragma omp parallel for collapse(2) schedule(static)
	for (int i = 0; i < n; i++)
		for (int c = 0; c < op->oc; c++) {
			const float *s = in + (size_t)i * per * op->ih * op->iw + (size_t)(c / step) * op->ih * op->iw * step + c % step;
			float *d = out + (size_t)(i * op->oc + c) * op->oh * op->ow;
			for (int y = 0; y < op->oh; y++)
				for (int x = 0; x < op->ow; x++) d[y * op->ow + x] = s[(size_t)((y + y0) * op->iw + x + x0) * step];
		}
}

void rv_crop_back(const float *g, float *gin, int n, const rv_op *op, int blk) {
	int y0 = (op->ih - op->oh) / 2, x0 = (op->iw - op->ow) / 2, step = blk ? blk : 1;
	int per = blk ? (op->ic + blk - 1) / blk * blk : op->ic;
#pragma omp parallel for schedule(static)
	for (int i = 0; i < n; i++) {
		float *to = gin + (size_t)i * per * op->ih * op->iw;
		memset(to, 0, (size_t)per * op->ih * op->iw * sizeof *to);
		for (int c = 0; c < op->oc; c++) {
			float *d = to + (size_t)(c / step) * op->ih * op->iw * step + c % step;
			const float *s = g + (size_t)(i * op->oc + c) * op->oh * op->ow;
			for (int y = 0; y < op->oh; y++)
				for (int x = 0; x < op->ow; x++) d[(size_t)((y + y0) * op->iw + x + x0) * step] = s[y * op->ow + x];
		}
	}
}

static inline float rect(float v, float slope) { return v > 0 ? v : v * slope; }

// One channel block of a pooling. Windows beyond the edge (sizes rounded up) are clipped.
static inline void pool_plane(const float *z, float *o, const rv_op *op, const int B, int act, float slope) {
	int H = op->ih, W = op->iw;
	if (!act) slope = 1;
	for (int y = 0; y < op->oh; y++)
		for (int x = 0; x < op->ow; x++, o += B) {
			int dy = 2 * y + 1 < H, dx = 2 * x + 1 < W;
			const float *q = z + ((size_t)2 * y * W + 2 * x) * B;
			// A missing neighbour repeats one that is there: harmless for max; for the average it gets factor 0.
			const float *r = q + (dx ? B : 0), *s = q + (dy ? (size_t)W * B : 0), *t = s + (dx ? B : 0);
			if (op->average) {
				float f = 1.0f / ((1 + dy) * (1 + dx)), fr = dx ? 1 : 0, fs = dy ? 1 : 0, ft = fr * fs;
				for (int b = 0; b < B; b++)
					o[b] = f * (rect(q[b], slope) + fr * rect(r[b], slope) + fs * rect(s[b], slope) + ft * rect(t[b], slope));
			} else {
				// max and a rectifier of slope ≥ 0 commute
				for (int b = 0; b < B; b++) {
					float m = q[b];
					m = r[b] > m ? r[b] : m;
					m = s[b] > m ? s[b] : m;
					m = t[b] > m ? t[b] : m;
					o[b] = rect(m, slope);
				}
			}
		}
}

FAST static void pool16(const float *z, float *o, const rv_op *op, int act, float slope) { pool_plane(z, o, op, 16, act, slope); }
FAST static void pool8(const float *z, float *o, const rv_op *op, int act, float slope) { pool_plane(z, o, op, 8, act, slope); }

void rv_pool(const float *z, float *out, int n, const rv_op *op, int cb, int blk, int act, float slope) {
	size_t zi = (size_t)op->ih * op->iw * blk, zo = (size_t)op->oh * op->ow * blk;
#pragma omp parallel for schedule(static)
	for (int k = 0; k < n * cb; k++)
		(blk == 16 ? pool16 : pool8)(z + k * zi, out + k * zo, op, act, slope);
}

// Σ over a run in float, its total in double.
static inline double squares(const float *z, const float *t, size_t len) {
	double sum = 0;
	for (size_t at = 0; at < len; at += RUN) {
		size_t m = len - at < RUN ? len - at : RUN;
		float s = 0;
#pragma omp simd reduction(+ : s)
		for (size_t i = 0; i < m; i++) {
			float d = z[at + i] - t[at + i];
			s += d * d;
		}
		sum += s;
	}
	return sum;
}

FAST static double inject_chunk(float *g, const float *z, const float *t, size_t len, int top, float slope, float c) {
	if (top) memset(g, 0, len * sizeof *g);
	if (!t) {
		for (size_t i = 0; i < len; i++) g[i] = z[i] > 0 ? g[i] : g[i] * slope;
		return 0;
	}
	for (size_t i = 0; i < len; i++) g[i] = (z[i] > 0 ? g[i] : g[i] * slope) + c * (z[i] - t[i]);
	return squares(z, t, len);
}

size_t rv_scratch(int n, size_t len) { return (size_t)n * ((len + CHUNK - 1) / CHUNK); }

static void total(double *loss, const double *part, int n, int chunks, const rv_target *target) {
	for (int i = 0; i < n; i++) {
		double s = 0;
		for (int k = 0; k < chunks; k++) s += part[(size_t)i * chunks + k];
		loss[i] = target[i].t ? target[i].weight * s : 0;
	}
}

void rv_inject(float *g, const float *z, int n, size_t len, const rv_target *target, int top, int act, float slope, double *loss, double *scratch) {
	int chunks = (int)((len + CHUNK - 1) / CHUNK);
	if (!act) slope = 1;
#pragma omp parallel for schedule(static)
	for (int k = 0; k < n * chunks; k++) {
		int i = k / chunks;
		size_t at = (size_t)(k % chunks) * CHUNK, m = len - at < CHUNK ? len - at : CHUNK;
		const float *t = target[i].t;
		scratch[k] = inject_chunk(g + i * len + at, z + i * len + at, t ? t + at : NULL, m, top, slope, (float)(2 * target[i].weight));
	}
	total(loss, scratch, n, chunks, target);
}

static inline double back_plane(const float *gp, float *g, const float *z, const float *t, const rv_op *op, const int B, float slope, float c) {
	int H = op->ih, W = op->iw;
	size_t plane = (size_t)H * W * B;
	for (int y = 0; y < op->oh; y++)
		for (int x = 0; x < op->ow; x++, gp += B) {
			int dy = 2 * y + 1 < H, dx = 2 * x + 1 < W;
			size_t q = ((size_t)2 * y * W + 2 * x) * B, r = q + (dx ? B : 0), s = q + (dy ? (size_t)W * B : 0), u = s + (dx ? B : 0);
			if (op->average) {
				float f = 1.0f / ((1 + dy) * (1 + dx));
				for (int b = 0; b < B; b++) {
					float v = f * gp[b];
					g[q + b] = z[q + b] > 0 ? v : v * slope;
					g[r + b] = z[r + b] > 0 ? v : v * slope;
					g[s + b] = z[s + b] > 0 ? v : v * slope;
					g[u + b] = z[u + b] > 0 ? v : v * slope;
				}
			} else {
				// The first largest in scan order takes all. Where the edge clips the window r, s or u equal
				// an earlier place, so they are written first and the earlier place last.
				for (int b = 0; b < B; b++) {
					float zq = z[q + b], zr = z[r + b], zs = z[s + b], zu = z[u + b], v = gp[b], m = zq;
					int k = 0;
					if (zr > m) { m = zr; k = 1; }
					if (zs > m) { m = zs; k = 2; }
					if (zu > m) { m = zu; k = 3; }
					v = m > 0 ? v : v * slope;
					g[u + b] = k == 3 ? v : 0;
					if (dy) g[s + b] = k == 2 ? v : 0;
					if (dx) g[r + b] = k == 1 ? v : 0;
					g[q + b] = k == 0 ? v : 0;
				}
			}
		}
	// Sizes rounded down leave a last column or row that no window covers.
	for (int y = 0; 2 * op->ow < W && y < H; y++) memset(g + ((size_t)y * W + W - 1) * B, 0, B * sizeof *g);
	if (2 * op->oh < H) memset(g + (size_t)(H - 1) * W * B, 0, (size_t)W * B * sizeof *g);
	if (!t) return 0;
	for (size_t i = 0; i < plane; i++) g[i] += c * (z[i] - t[i]);
	return squares(z, t, plane);
}

FAST static double back16(const float *gp, float *g, const float *z, const float *t, const rv_op *op, float slope, float c) { return back_plane(gp, g, z, t, op, 16, slope, c); }
FAST static double back8(const float *gp, float *g, const float *z, const float *t, const rv_op *op, float slope, float c) { return back_plane(gp, g, z, t, op, 8, slope, c); }

void rv_pool_back(const float *gp, float *g, const float *z, int n, const rv_op *op, int cb, int blk, const rv_target *target, int act, float slope, double *loss, double *scratch) {
	size_t zi = (size_t)op->ih * op->iw * blk, zo = (size_t)op->oh * op->ow * blk;
	if (!act) slope = 1;
#pragma omp parallel for schedule(static)
	for (int k = 0; k < n * cb; k++) {
		const rv_target *a = target + k / cb;
		const float *t = a->t ? a->t + (size_t)(k % cb) * zi : NULL;
		scratch[k] = (blk == 16 ? back16 : back8)(gp + k * zo, g + k * zi, z + k * zi, t, op, slope, (float)(2 * a->weight));
	}
	total(loss, scratch, n, cb, target);
}
