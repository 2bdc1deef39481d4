"""The seeded generator of compute/nn/seeded.go, restated in NumPy."""
import numpy as np

M = np.uint64(0xFFFFFFFFFFFFFFFF)


def mix(x):
    x = np.asarray(x, np.uint64)
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def bits(seed, stream, n, start=0):
    with np.errstate(over="ignore"):
        key = mix(np.uint64(seed) + np.uint64((stream + 1) * 0xD1B54A32D192ED03 & 0xFFFFFFFFFFFFFFFF))
        i = np.arange(start + 1, start + n + 1, dtype=np.uint64)
        return mix(key + i * np.uint64(0x9E3779B97F4A7C15))


def uniform(seed, stream, n):
    return (bits(seed, stream, n) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(seed, stream, n):
    b = bits(seed, stream, 2 * n)
    s = np.zeros(2 * n, np.int64)
    for k in (0, 16, 32, 48):
        s += ((b >> np.uint64(k)) & np.uint64(0xFFFF)).astype(np.int64)
    s = s[0::2] + s[1::2]
    return (s.astype(np.float64) - 8 * 32767.5) / np.sqrt(8 * (65536.0 * 65536.0 - 1) / 12)
