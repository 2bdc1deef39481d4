#include "shim.h"

#include <stddef.h>

// Almost every number lies in a cache line of its own, far from the last. While
// a row is read the next one is asked for, which takes 0.6 of the time.
#define GATHER(name, T)                                                                      \
	void name(long long n, const T *t, int k, const unsigned *c, double *s, float *a)     \
	{                                                                                     \
		for (int i = 0; i < k; i++) {                                                 \
			long long v = c[i], w = c[i + 1 < k ? i + 1 : i];                     \
			const T *row = t + (v * n - v * (v + 1) / 2);                         \
			const T *next = t + (w * n - w * (w + 1) / 2);                        \
			double *to = s + (size_t)i * k;                                       \
			float *to32 = a ? a + (size_t)i * k : NULL;                           \
			if (!to32) {                                                          \
				for (int j = i; j < k; j++) {                                 \
					__builtin_prefetch(next + c[j]);                      \
					to[j] = row[c[j]];                                    \
				}                                                             \
				continue;                                                     \
			}                                                                     \
			for (int j = i; j < k; j++) {                                         \
				__builtin_prefetch(next + c[j]);                              \
				T x = row[c[j]];                                              \
				to[j] = x;                                                    \
				to32[j] = (float)x;                                           \
			}                                                                     \
		}                                                                             \
	}

GATHER(rv_sgather, float)
GATHER(rv_dgather, double)
