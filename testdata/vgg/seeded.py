"""Seeded weights and images of compute/nn/seeded.go, restated in NumPy to the bit.

The generator itself is testdata/recon/stream.py; this adds numbers in chunks, so
that the full VGG19 fits in memory, the weights and their digest, and the images.
"""
import hashlib
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "recon"))
from stream import bits, uniform  # noqa: E402

MEAN = np.array([104.00699, 116.66877, 122.67892])  # BGR
CHUNK = 1 << 20
SD = np.sqrt(8 * (65536.0 * 65536.0 - 1) / 12)


def normal32(seed, stream, n, sd):
    """n normal numbers times sd, rounded once to float32."""
    out = np.empty(n, np.float32)
    for at in range(0, n, CHUNK):
        k = min(CHUNK, n - at)
        words = bits(seed, stream, 2 * k, 2 * at).view("<u2").reshape(k, 8)
        total = words.sum(axis=1, dtype=np.int64).astype(np.float64)
        out[at:at + k] = (total - 8 * 32767.5) / SD * sd
    return out


def vgg19(height, width, divisor, classes, floor=False):
    """Steps in order: (kind, name, weight shape)."""
    steps, c, half = [], 3, (lambda n: n // 2) if floor else (lambda n: (n + 1) // 2)
    for g, (n, out) in enumerate(zip((2, 2, 4, 4, 4), (64, 128, 256, 512, 512)), 1):
        for i in range(n):
            steps.append(("conv", f"conv{g}_{i + 1}", (out // divisor, c, 3, 3)))
            c = out // divisor
        steps.append(("pool", f"pool{g}", None))
        height, width = half(height), half(width)
    fan = c * height * width
    for name, out in (("fc6", 4096 // divisor), ("fc7", 4096 // divisor), ("fc8", classes)):
        steps.append(("fc", name, (out, fan)))
        fan = out
    return steps


def weights(steps, seed, bias_sd):
    """{name: (W, b)} and the SHA-256 that nn.Weights.SHA256 defines."""
    params, digest, layer = {}, hashlib.sha256(), 0
    for kind, name, shape in steps:
        if kind == "pool":
            continue
        fan = int(np.prod(shape[1:]))
        w = normal32(seed, 2 * layer, shape[0] * fan, np.sqrt(2 / fan)).reshape(shape)
        b = normal32(seed, 2 * layer + 1, shape[0], bias_sd)
        digest.update(w.astype("<f4", copy=False))
        digest.update(b.astype("<f4", copy=False))
        params[name] = w, b
        layer += 1
    return params, digest.hexdigest()


def noise(seed, height, width):
    """White noise: channel c is 255·uniform of stream c, less the mean. float32 [3][height][width]."""
    return np.stack([(255 * uniform(seed, c, height * width) - MEAN[c]).reshape(height, width) for c in range(3)]).astype(np.float32)


def field(seed, height, width):
    """Soft colours: 32 + 191·(7×7 grid of stream c, bilinear, corners on corners) + 32·uniform of stream 3+c, less the mean.

    Every operation is rounded in the order written, as in field of compute/backendtest/seeded.go.
    """
    def axis(n):
        u = np.arange(n) * 6.0 / (n - 1)
        k = np.minimum(u.astype(np.int64), 5)
        return k, u - k

    (ky, fy), (kx, fx) = axis(height), axis(width)
    fy = fy[:, None]
    out = np.empty((3, height, width), np.float32)
    for c in range(3):
        g = uniform(seed, c, 49).reshape(7, 7)
        top = (1 - fx) * g[ky][:, kx] + fx * g[ky][:, kx + 1]
        low = (1 - fx) * g[ky + 1][:, kx] + fx * g[ky + 1][:, kx + 1]
        fine = uniform(seed, 3 + c, height * width).reshape(height, width)
        out[c] = 32 + 191 * ((1 - fy) * top + fy * low) + 32 * fine - MEAN[c]
    return out
