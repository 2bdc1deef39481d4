"""Records reconstructions by SciPy's L-BFGS-B and PyTorch on a seeded narrow VGG19.

Run in this folder: python3 vgg.py  → vgg.json
Network: VGG19, width 1/8, 64×64, 1000 classes, max pooling rounding up, ReLU;
weights as compute/nn/seeded.go (seed 1, bias SD 0.1). Cost: ½ Σ ‖f−t‖²/‖t‖²
over all 19 layers; variables float64, network float32; pixels in
[−mean, 255−mean]. Restated in compute/recon/vgg_test.go.

Two targets: "own" are the features of the image below, which some image
reaches exactly; "decoded" has half a standard deviation of noise added to
every unit, as decoded features that belong to no image have.
Two starts: the mean colour ("mean"), and uniform noise of ±20 around it (seed
4, stream 0; "noise").

The course is sensitive to rounding: the uniform start ties all windows of the
max poolings, and ReLU and pooling have kinks. With the noise start all
variants below agree to 1e-3 for more than 20 evaluations. "others" are the lowest losses
of the same run, cut at the same number of evaluations, with the network in
float64, with PyTorch's own convolutions instead of oneDNN's, and with 1e-6
relative noise on the gradient: what the last loss can be held to.
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
doubles = [l if l == "pool" else (l[0], l[1].double(), l[2].double()) for l in layers]
bounds = [(-m, 255 - m) for m in MEAN for _ in range(SIZE * SIZE)]


def reconstruct(target, start, net=layers, dtype=np.float32, noise=0.0):
    norms = [float((t.double() ** 2).sum()) for t in target]
    trace, rng = [], np.random.default_rng(0)

    def fun(x):
        v = torch.from_numpy(x.astype(dtype).reshape(1, 3, SIZE, SIZE)).requires_grad_()
        loss = sum(0.5 / n * ((f - t.to(f.dtype)) ** 2).sum(dtype=torch.float64)
                   for f, t, n in zip(features(net, v), target, norms))
        loss.backward()
        trace.append(loss.item())
        g = v.grad.numpy().astype(np.float64).ravel()
        return trace[-1], g * (1 + noise * rng.standard_normal(g.shape)) if noise else g

    r = minimize(fun, start, jac=True, method="L-BFGS-B", bounds=bounds,
                 options=dict(maxiter=ITER, ftol=0, gtol=0))
    return r, trace, norms


x = image()
with torch.no_grad():
    own = features(layers, torch.from_numpy(x)[None])
decoded = []
for l, t in enumerate(own):
    v = t.numpy().astype(np.float64).ravel()
    v = v + 0.5 * v.std() * normal(3, l, v.size)
    decoded.append(torch.from_numpy(v.astype(np.float32)).reshape(t.shape))

starts = {"mean": np.zeros(3 * SIZE * SIZE), "noise": 40 * uniform(4, 0, 3 * SIZE * SIZE) - 20}
runs = []
for start, name in ((s, n) for s in starts for n in ("own", "decoded")):
    target, x0 = {"own": own, "decoded": decoded}[name], starts[start]
    r, trace, norms = reconstruct(target, x0)
    others = [reconstruct(target, x0, doubles, np.float64)[1], reconstruct(target, x0, noise=1e-6)[1]]
    with torch.backends.mkldnn.flags(enabled=False):
        others.insert(1, reconstruct(target, x0)[1])
    corr = float(np.corrcoef(r.x, x.ravel())[0, 1])
    first = [next((i for i, (a, b) in enumerate(zip(o, trace)) if abs(a - b) > 1e-3 * b), -1) for o in others]
    others = [min(o[: len(trace)]) for o in others]
    bound = int(sum(v <= b[0] or v >= b[1] for v, b in zip(r.x, bounds)))
    print(name, start, len(trace), r.nit, trace[0], trace[20], r.fun, "others", others, "part at", first, "r", corr, "at bounds", bound)
    runs.append(dict(name=name, start=start, square_norms=norms, trace=trace, others=others, others_part_at=first, iterations=r.nit,
                     pixel_correlation=corr, at_bounds=bound))
with open("vgg.json", "w") as f:
    json.dump(dict(made_by="vgg.py", scipy=scipy.__version__, torch=torch.__version__.split("+")[0],
                   weights_sha256=digest, runs=runs), f)
    f.write("\n")
