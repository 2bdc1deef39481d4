"""Records a reconstruction by SciPy's L-BFGS-B and PyTorch on a seeded narrow VGG19.

Run in this folder: python3 vgg.py  → vgg.json
Network: VGG19, width 1/8, 64×64, 1000 classes, max pooling rounding up, ReLU;
weights as compute/nn/seeded.go (seed 1, bias SD 0.1). Target: the features of
the image below. Cost: ½ Σ ‖f−t‖²/‖t‖² over all 19 layers; variables float64,
network float32; pixels in [−mean, 255−mean]; start: the mean colour. Restated in compute/recon/vgg_test.go.
"""
import hashlib
import json

import numpy as np
import scipy
import torch
import torch.nn.functional as F
from scipy.optimize import minimize

from stream import normal, uniform

SEED, BIAS, SIZE, ITER = 1, 0.1, 64, 200
MEAN = np.array([104.0069879317889, 116.66876761696767, 122.6789143406786])
torch.set_num_threads(1)


def network():
    """Layers in order: ("conv"|"fc", w, b) and "pool"."""
    layers, params, c, size, l = [], [], 3, SIZE, 0

    def param(out, fan, shape):
        nonlocal l
        w = (normal(SEED, 2 * l, out * fan) * np.sqrt(2 / fan)).astype(np.float32)
        b = (normal(SEED, 2 * l + 1, out) * BIAS).astype(np.float32)
        l += 1
        params.extend((w, b))
        return torch.from_numpy(w.reshape(shape)), torch.from_numpy(b)

    for n, out in zip((2, 2, 4, 4, 4), (8, 16, 32, 64, 64)):
        for _ in range(n):
            layers.append(("conv", *param(out, 9 * c, (out, c, 3, 3))))
            c = out
        layers.append("pool")
        size = (size + 1) // 2
    fan = c * size * size
    for out in (512, 512, 1000):
        layers.append(("fc", *param(out, fan, (out, fan))))
        fan = out
    digest = hashlib.sha256(b"".join(p.astype("<f4").tobytes() for p in params)).hexdigest()
    return layers, digest


def features(layers, x):
    out, h = [], x
    for layer in layers:
        if layer == "pool":
            h = F.max_pool2d(h, 2, 2, ceil_mode=True)
            continue
        kind, w, b = layer
        h = F.conv2d(h, w, b, padding=1) if kind == "conv" else F.linear(h.flatten(1), w, b)
        out.append(h)
        h = F.relu(h)
    return out


def image():
    """BGR 0–255 less the mean: uniform noise (seed 2, stream c) on an 8×8 grid, each cell 8×8 pixels, plus ±8 of fine noise (stream 3+c)."""
    x = np.empty((3, SIZE, SIZE), np.float32)
    for c in range(3):
        coarse = 8 + 239 * uniform(2, c, 64).reshape(8, 8)
        fine = 16 * uniform(2, 3 + c, SIZE * SIZE).reshape(SIZE, SIZE) - 8
        x[c] = np.kron(coarse, np.ones((8, 8))) + fine - MEAN[c]
    return x


layers, digest = network()
with torch.no_grad():
    target = features(layers, torch.from_numpy(image())[None])
norms = [float((t.double() ** 2).sum()) for t in target]
trace = []


def fun(x):
    v = torch.from_numpy(x.astype(np.float32).reshape(1, 3, SIZE, SIZE)).requires_grad_()
    loss = sum(0.5 / n * ((f - t) ** 2).sum(dtype=torch.float64) for f, t, n in zip(features(layers, v), target, norms))
    loss.backward()
    trace.append(loss.item())
    return trace[-1], v.grad.numpy().astype(np.float64).ravel()


bounds = [(-m, 255 - m) for m in MEAN for _ in range(SIZE * SIZE)]
r = minimize(fun, np.zeros(3 * SIZE * SIZE), jac=True, method="L-BFGS-B", bounds=bounds,
             options=dict(maxiter=ITER, ftol=0, gtol=0))
print(len(trace), r.nit, trace[0], trace[20], r.fun, r.message)
x = r.x.reshape(3, SIZE, SIZE)
corr = float(np.corrcoef(x.ravel(), image().ravel())[0, 1])
print("pixel correlation", corr, "at bounds", int(sum(v <= b[0] or v >= b[1] for v, b in zip(r.x, bounds))))
with open("vgg.json", "w") as f:
    json.dump(dict(made_by="vgg.py", scipy=scipy.__version__, torch=torch.__version__.split("+")[0],
                   weights_sha256=digest, square_norms=norms, trace=trace, iterations=r.nit,
                   pixel_correlation=corr), f)
    f.write("\n")
