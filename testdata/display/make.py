"""Records how NumPy shows computed pictures, for app/figure/display.go.

Run in this folder: python3 make.py  → display.json
The stretch restates clip_extreme_value and normalise_img of the lab's icnn (MIT):
np.percentile at pct/2 and 100 - pct/2, np.clip, minimum to 0, maximum to 255, np.uint8.
Percentiles are taken of the values as float64 and rounded to the picture's type, as NumPy 1
did; "numpy_float32" counts the bytes that NumPy 2's percentile in float32 changes.
Pictures are drawn from the integer hash below, which the Go test repeats.
"""
import hashlib
import json

import numpy as np


def drawn(seed, n, dtype):
    """Numbers of −60 … 330 in steps that float32 holds: a hash of the place, as the Go test has it."""
    i = np.arange(n, dtype=np.uint64)
    with np.errstate(over="ignore"):
        x = (i + np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0xBF58476D1CE4E5B9)
        x ^= x >> np.uint64(31)
        x *= np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(29)
    return ((x >> np.uint64(44)).astype(np.float64) * (390 / 2**20) - 60).astype(dtype)


def normalise(img):
    img = img - img.min()
    if img.max() > 0:
        img = img * (255.0 / img.max())
    return np.uint8(img)


def clip(img, pct, double=True):
    of = img.astype(np.float64) if double else img
    low, high = np.percentile(of, pct / 2.0), np.percentile(of, 100 - pct / 2.0)
    return np.clip(img, img.dtype.type(low), img.dtype.type(high))


def show(img, mode, pct, double=True):
    if mode == "raw":
        return np.uint8(np.clip(img, 0, 255) + img.dtype.type(0.5))
    if mode == "stretch":
        return normalise(clip(img, pct, double))
    return np.stack([normalise(clip(img[..., c], pct, double)) for c in range(3)], -1)


def main():
    cases = []
    for dtype in ("float32", "float64"):
        for seed, (h, w) in enumerate([(1, 1), (2, 3), (7, 5), (64, 48), (224, 224)], 1):
            for kind in ("drawn", "constant", "two values"):
                img = drawn(seed, h * w * 3, dtype).reshape(h, w, 3)
                if kind == "constant":
                    img[:] = 37.25
                if kind == "two values":
                    img = np.where(img > 100, img.dtype.type(255), img.dtype.type(-3))
                for mode, pct in [("raw", 0), ("stretch", 0), ("stretch", 4), ("stretch", 0.04), ("stretch", 100), ("channel", 4), ("channel", 0), ("channel", 33.3)]:
                    out = show(img, mode, pct)
                    cases.append({
                        "type": dtype, "seed": seed, "h": h, "w": w, "kind": kind, "mode": mode, "percent": pct,
                        "sha256": hashlib.sha256(out.tobytes()).hexdigest(),
                        "first": out.reshape(-1)[:6].tolist(),
                        "numpy_float32": int(np.sum(out != show(img, mode, pct, False))),
                    })
    with open("display.json", "w") as f:
        f.write('{"origin": "make.py, NumPy ' + np.__version__ + '", "cases": [\n')
        f.write(",\n".join(json.dumps(c) for c in cases))
        f.write("\n]}\n")


if __name__ == "__main__":
    main()
