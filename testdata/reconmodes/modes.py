"""The four reconstruction modes of the released code, restated step by step in NumPy; networks in PyTorch, float64.

Run in this folder: python3 modes.py  → modes.json. Tested in compute/recon/modes_test.go.

Source of every rule: icnn's published functions (icnn_lbfgs, icnn_dgn_lbfgs, icnn_gd, icnn_dgn_gd, loss.py,
utils.py), read and written anew. against_icnn.py runs the published code itself on these networks: losses of all
32 runs that it can make are the same to 1e-5 over 50 evaluations, but for "pixel gd" (3e-3) and "gd decay" (1e-3),
where its float32 sums bend the course as other rounding does here. Steps use NumPy and SciPy themselves: np.roll, np.percentile,
scipy.ndimage.gaussian_filter, scipy.optimize.minimize. Where the code draws at random, the numbers
of the seeded generator stand (testdata/recon/stream.py); where it takes a random image's norm, its expectation.

Network: VGG19 topology, 40x36, width 1/16, 50 classes, average pooling rounding up, leaky slope 0.875:
smooth enough that rounding does not decide a course, see others. Weights of seed 1, bias SD 0.1. Generator: fully
connected 24-32-96, four deconvolutions and a convolution to 64x64, leaky 0.875, weights of seed 5, the last layer's
times 10. others: how far losses go within 50 evaluations when
gradients get 1e-6 of noise or PyTorch computes in float32, whichever is more. Variables are float64; the network sees them rounded to float32, and its gradient is rounded to float32.

Targets: features of image() with half a standard deviation of noise in every unit (seed 3), as float32.
"""
import json
import pathlib
import sys

import numpy as np
import scipy
import torch
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter
from scipy.optimize import minimize

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "vgg"))
from seeded import normal32, vgg19, weights  # noqa: E402
from stream import normal, uniform  # noqa: E402

torch.set_num_threads(1)
H, W, N, SLOPE = 40, 36, 50, 0.875
MEAN = np.array([104.0069879317889, 116.66876761696767, 122.6789143406786])
LAYERS = ["conv1_2", "conv3_1", "conv5_4", "fc6", "fc8"]
UNITS = 24
NET = vgg19(H, W, 16, 50)
NETW, NETDIGEST = weights(NET, 1, 0.1)
GEN = [("fc", "defc7", (32, 24)), ("fc", "defc5", (96, 32)), ("deconv", "deconv5", (6, 8, 4, 4)), ("conv", "conv5_1", (8, 8, 3, 3)),
       ("deconv", "deconv4", (8, 6, 4, 4)), ("deconv", "deconv3", (6, 5, 4, 4)), ("deconv", "deconv2", (5, 3, 4, 4))]


def generator_weights():
    out = {}
    for l, (kind, name, shape) in enumerate(GEN):
        fan = 4 * shape[0] if kind == "deconv" else int(np.prod(shape[1:]))
        outs = shape[1] if kind == "deconv" else shape[0]
        w = normal32(5, 2 * l, int(np.prod(shape)), np.sqrt(2 / fan)).reshape(shape)
        if name == "deconv2":
            w = w * np.float32(10)
        out[name] = torch.from_numpy(w).double(), torch.from_numpy(normal32(5, 2 * l + 1, outs, 0.1)).double()
    return out


GENW = generator_weights()
NETW = {k: (torch.from_numpy(w).double(), torch.from_numpy(b).double()) for k, (w, b) in NETW.items()}


def generate(z):
    h = z[None]
    for kind, name, _ in GEN:
        w, b = (p.to(z.dtype) for p in GENW[name])
        if kind == "fc":
            h = F.linear(h.flatten(1), w, b)
        elif kind == "conv":
            h = F.conv2d(h, w, b, padding=1)
        else:
            h = F.conv_transpose2d(h.reshape(1, w.shape[0], *((4, 4) if name == "deconv5" else h.shape[2:])), w, b, stride=2, padding=1)
        if name != "deconv2":
            h = F.leaky_relu(h, SLOPE)
    top, left = (64 - H) // 2, (64 - W) // 2
    return h[:, :, top:top + H, left:left + W]


def features(x):
    out, h = {}, x
    for kind, name, _ in NET:
        if kind == "pool":
            h = F.avg_pool2d(h, 2, 2, ceil_mode=True, count_include_pad=False)
            continue
        w, b = (p.to(x.dtype) for p in NETW[name])
        h = F.conv2d(h, w, b, padding=1) if kind == "conv" else F.linear(h.flatten(1), w, b)
        out[name] = h[0]
        h = F.leaky_relu(out[name][None], SLOPE)
    return out


def loss_of(kind, f, y, m):
    d = f - y
    if kind == "l2":
        return (d * d * m).sum()
    if kind == "l1":
        return (d * m).abs().sum()
    if kind == "inner":
        return -(f * y * m).sum()
    n, k = f.shape[0], f[0].numel()
    g, g0 = ((v * m).reshape(n, -1) @ (v * m).reshape(n, -1).T for v in (f, y))
    return ((g - g0) ** 2).sum() / (4 * n**2 * k**2)


def image():
    x = np.empty((3, H, W), np.float32)
    for c in range(3):
        coarse = 8 + 239 * uniform(2, c, 64).reshape(8, 8)
        fine = 16 * uniform(2, 3 + c, H * W).reshape(H, W) - 8
        x[c] = np.kron(coarse, np.ones((8, 8)))[:H, :W] + fine - MEAN[c]
    return x


def targets():
    with torch.no_grad():
        own = features(torch.from_numpy(image()).double()[None])
    out = {}
    for l, name in enumerate(n for k, n, _ in NET if k != "pool"):
        v = own[name].numpy().astype(np.float32).astype(np.float64).ravel()
        v = (v + 0.5 * v.std() * normal(3, l, v.size)).astype(np.float32)
        out[name] = torch.from_numpy(v.astype(np.float64)).reshape(own[name].shape)
    return out


TARGETS = targets()


def masks_of(names, layers):
    """channels: every third; plane: a disc given as 9x9, centred; none: the layer left out."""
    out = []
    for name, layer in zip(names, layers):
        y = TARGETS[layer]
        m = torch.ones_like(y)
        if name == "channels":
            m[:] = 0
            m[::3] = 1
        elif name == "none":
            m[:] = 0
        elif name == "plane":
            r = np.arange(9) - 4
            disc = (r[:, None] ** 2 + r[None] ** 2 <= 9).astype(np.float64)
            h, w = y.shape[1:]
            plane = np.ones((h, w))
            a, b = min(9, h), min(9, w)
            plane[(h - a) // 2:(h - a) // 2 + a, (w - b) // 2:(w - b) // 2 + b] = \
                disc[(9 - a) // 2:(9 - a) // 2 + a, (9 - b) // 2:(9 - b) // 2 + b]
            m = torch.from_numpy(plane).expand(y.shape).clone()
        out.append(m)
    return out


def objective(o, layers, mask_names, noise=0.0, dtype=torch.float64):
    names = ["l2", "l1", "inner", "gram"]
    kind = names[o.get("Loss", 0)]
    ys = [TARGETS[l].to(dtype) for l in layers]
    ms = masks_of(mask_names or ["all"] * len(layers), layers)
    ms = [m.to(dtype) for m in ms]
    w = np.array([1 / float((TARGETS[l]**2).sum()) for l in layers])
    w = o["Factor"] * (w / w.sum() if o["NormalizeWeights"] else w)

    rng = np.random.default_rng(0)

    def fun(x, latent):
        v = torch.from_numpy(x.astype(np.float32)).to(dtype).requires_grad_()
        f = features(generate(v) if latent else v[None])
        loss = sum(wl * loss_of(kind, f[l], y, m) for wl, l, y, m in zip(w, layers, ys, ms))
        loss.backward()
        g = v.grad.numpy().astype(np.float32).astype(np.float64)
        return loss.item(), g * (1 + noise * rng.standard_normal(g.shape)) if noise else g

    return fun


def p_norm(x, p):
    return p * np.abs(x) ** (p - 1) * np.sign(x)


def tv_norm(x, beta):
    d1, d2 = np.zeros_like(x), np.zeros_like(x)
    d1[:, :-1] = x[:, 1:] - x[:, :-1]
    d2[:, :, :-1] = x[:, :, 1:] - x[:, :, :-1]
    v = np.maximum(np.sqrt(d1**2 + d2**2) ** beta, 1e-5) ** (2 * (beta / 2 - 1) / beta)
    a, b = v * d1, v * d2
    g = -a - b
    g[:, 1:] += a[:, :-1]
    g[:, :, 1:] += b[:, :, :-1]
    return beta * g


def small(x, norm, pct):
    x[:, norm < np.percentile(norm, pct)] = 0


def start(o, latent):
    if latent:
        return normal(o["Seed"], 2, UNITS).astype(np.float32).astype(np.float64) if o["Latent"].get("Random") else np.zeros(UNITS)
    if o.get("Noise"):
        x = np.floor(256 * uniform(o["Seed"], 1, 3 * H * W)).reshape(3, H, W)
    else:
        dither = o["Dither"] * (2 * uniform(2019, 0, 3 * H * W).reshape(3, H, W) - 1)
        x = np.array(o["Start"])[:, None, None] + dither
    return x - MEAN[:, None, None]


def descend(fun, o, latent):
    g_, n = o["GD"], o["Iterations"]

    def at(s, t):
        return s["From"] + t * (s["To"] - s["From"]) / n

    x = start(o, latent)
    delta, trace = np.zeros_like(x), []
    shifts = uniform(o["Seed"], 3, 2 * n)
    size = 3 * H * W * (np.arange(256) ** 2).mean() / 4
    for t in range(n):
        rate, j = at(g_["Rate"], t), g_.get("Jitter", 0)
        ox, oy = (int(u * (2 * j + 1)) - j for u in shifts[2 * t:2 * t + 2])
        if j:
            x, delta = (np.roll(np.roll(v, ox, -1), oy, -2) for v in (x, delta))
        loss, g = fun(x, latent)
        trace.append(loss)
        if g_["Normalize"] and np.abs(g).mean() > 0:
            g = g / np.abs(g).mean()
        inside, outside = (rate, 1) if g_.get("RateInside") else (1, rate)
        before = x
        delta = at(g_["Momentum"], t) * delta + inside * g
        for name, norm in (("PNorm", p_norm), ("TV", tv_norm)):
            if name in g_:
                r = norm(x, g_[name]["Order"])
                r = r / np.abs(r).mean() if g_["Normalize"] else r / size
                delta = delta + inside * at(g_[name]["Weight"], t) * r
        x = x - outside * delta
        due = {k: at(g_[k]["Percent"], t) for k in ("ClipExtreme", "ClipSmallNorm", "ClipSmallGain") if k in g_ and (t + 1) % g_[k]["Every"] == 0}
        if "ClipExtreme" in due:
            x = np.clip(x, np.percentile(x, due["ClipExtreme"] / 2), np.percentile(x, 100 - due["ClipExtreme"] / 2))
        if "ClipSmallNorm" in due:
            small(x, np.sqrt((x**2).sum(0)), due["ClipSmallNorm"])
        if "ClipSmallGain" in due:
            small(x, np.sqrt(((x * g) ** 2).sum(0)), due["ClipSmallGain"])
        if j:
            x = np.roll(np.roll(x, -ox, -1), -oy, -2)
            delta = np.roll(np.roll(delta - inside * g, -ox, -1), -oy, -2) + inside * g
        if "Decay" in g_:
            x = (1 - at(g_["Decay"], t)) * x
        if "Blur" in g_ and at(g_["Blur"], t) > 0:
            x = np.stack([gaussian_filter(c, at(g_["Blur"], t), order=0) for c in x])
        if latent:
            lower, upper = o["Latent"].get("Lower"), o["Latent"].get("Upper")
            x = x if lower is None else np.maximum(x, lower)
            x = x if upper is None else np.minimum(x, upper)
    return (before if latent else x), trace  # what the released functions give


def lbfgs(fun, o, latent):
    trace, best = [], [np.inf, None]

    def traced(v):
        x = v if latent else v.reshape(3, H, W)
        loss, g = fun(x, latent)
        trace.append(loss)
        if loss < best[0]:
            best[:] = [loss, x.copy()]
        return loss, g.ravel()

    if latent:
        lo, up = (np.broadcast_to(o["Latent"].get(k, np.inf * s), UNITS) for k, s in (("Lower", -1), ("Upper", 1)))
        bounds = list(zip(lo, up))
    else:
        bounds = [(-m, 255 - m) for m in MEAN for _ in range(H * W)]
    x0 = np.clip(start(o, latent).ravel(), *np.array(bounds).T)
    minimize(traced, x0, jac=True, method="L-BFGS-B", bounds=bounds, options=dict(maxiter=o["Iterations"], ftol=0, gtol=0))
    return best[1], trace


BASE = dict(Preset="lab", Iterations=N, Factor=1, NormalizeWeights=True, FTol=0, GTol=0, History=10, MaxLineSearch=20, FirstStep=0,
            Mean=list(MEAN), Start=list(MEAN), Dither=0.5, Seed=9)
GD = dict(Rate=dict(From=2, To=1e-10), Momentum=dict(From=0.9, To=0.9), Normalize=True)
UPPER = [2 + (i % 5) for i in range(UNITS)]


def sched(a, b):
    return dict(From=a, To=b)


RUNS = []


def run(name, optimizer, latent=False, layers=LAYERS, masks=None, gd=None, latents=None, **options):
    o = dict(BASE, Optimizer=optimizer, **options)
    o["GD"] = dict(GD, **(gd or {})) if optimizer == "gd" else {}
    o["Latent"] = dict(Lower=[0.0]) | (latents or {}) if latent else {}
    way = descend if optimizer == "gd" else lbfgs
    x, trace = way(objective(o, layers, masks), o, latent)
    x = x.ravel()
    traces = [way(objective(o, layers, masks, noise, dtype), o, latent)[1] for noise, dtype in ((1e-6, torch.float64), (0, torch.float32))]
    others = max(abs(a - b) / abs(a) for other in traces for a, b in zip(trace[:N], other))
    print(f"{name:28s} {len(trace):3d} {trace[0]:.6g} -> {trace[-1]:.6g}, |x| {np.abs(x).mean():.4g}, others {others:.1e}", flush=True)
    sample = np.linspace(0, x.size - 1, min(24, x.size)).astype(int)
    RUNS.append(dict(name=name, latent=latent, layers=layers, masks=masks, options=o, others=others, trace=trace, mean_abs=np.abs(x).mean(), sample=[x[i] for i in sample]))


run("pixel lbfgs", "lbfgs")
run("pixel lbfgs noise", "lbfgs", Noise=True)
run("latent lbfgs", "lbfgs", latent=True, latents=dict(Upper=UPPER))
run("latent lbfgs random", "lbfgs", latent=True, latents=dict(Random=True, Upper=[0.8]))
run("pixel gd", "gd")
run("latent gd", "gd", latent=True, latents=dict(Upper=UPPER), gd=dict(Rate=sched(0.05, 1e-10), Decay=sched(0.01, 0.01)))
run("latent gd random", "gd", latent=True, latents=dict(Random=True, Upper=[1.5]), gd=dict(Rate=sched(0.05, 0)))
run("gd noise", "gd", Noise=True)
run("gd paper", "gd", Factor=0.5, NormalizeWeights=False, gd=dict(Rate=sched(2, 0), RateInside=True))
run("gd literal", "gd", Factor=0.5, NormalizeWeights=False, gd=dict(Rate=sched(3000, 0), RateInside=True, Normalize=False))
run("gd decay", "gd", gd=dict(Decay=sched(0.2, 1e-10)))
run("gd momentum", "gd", gd=dict(Momentum=sched(0.5, 0.95)))
run("gd blur", "gd", gd=dict(Blur=sched(2, 0.5)))
run("gd jitter", "gd", gd=dict(Jitter=8))
run("gd p-norm", "gd", gd=dict(PNorm=dict(Order=3, Weight=sched(0.5, 0.1))))
run("gd p-norm 1.8", "gd", gd=dict(PNorm=dict(Order=1.8, Weight=sched(0.05, 0.05))))
run("gd p-norm 2 literal", "gd", Factor=0.5, NormalizeWeights=False, gd=dict(
    Normalize=False, Rate=sched(2000, 0), PNorm=dict(Order=2, Weight=sched(10, 5))))
run("gd tv 2", "gd", gd=dict(TV=dict(Order=2, Weight=sched(0.5, 0.5))))
run("gd tv 1", "gd", Noise=True, gd=dict(TV=dict(Order=1, Weight=sched(0.3, 0.3))))
run("gd tv 1.5 literal", "gd", Factor=0.5, NormalizeWeights=False, Noise=True, gd=dict(
    Normalize=False, Rate=sched(2000, 0), TV=dict(Order=1.5, Weight=sched(20, 10))))
run("gd clip extreme", "gd", gd=dict(ClipExtreme=dict(Every=4, Percent=sched(1, 3))))
run("gd clip small norm", "gd", gd=dict(ClipSmallNorm=dict(Every=4, Percent=sched(5, 2))))
run("gd clip small contribution", "gd", gd=dict(ClipSmallGain=dict(Every=3, Percent=sched(5, 5))))
run("gd everything", "gd", Noise=True, gd=dict(
    Decay=sched(0.2, 1e-10), Blur=sched(2, 0.5), Jitter=4, PNorm=dict(Order=3, Weight=sched(0.5, 0.5)), TV=dict(Order=2, Weight=sched(0.5, 0.5)),
    ClipExtreme=dict(Every=4, Percent=sched(1, 1)), ClipSmallNorm=dict(Every=4, Percent=sched(5, 5)), ClipSmallGain=dict(Every=4, Percent=sched(5, 5))))
for k, kind in ((1, "l1"), (2, "inner"), (3, "gram")):
    some = ["conv1_2", "conv3_1", "conv5_4"] if kind == "gram" else LAYERS
    run(f"gd {kind}", "gd", layers=some, Loss=k, gd=dict(Rate=sched(0.7, 0), Decay=sched(0.02, 0.02)))
    run(f"latent gd {kind}", "gd", latent=True, layers=some, Loss=k, latents=dict(Upper=UPPER), gd=dict(Rate=sched(0.05, 0)))
run("lbfgs gram", "lbfgs", Noise=True, layers=["conv1_2", "conv3_1", "conv5_4"], Loss=3)
run("gd masks", "gd", masks=["plane", "channels", "plane", "none", "all"])
run("lbfgs masks", "lbfgs", masks=["plane", "channels", "plane", "none", "all"])
run("latent gd masks l1", "gd", latent=True, Loss=1, masks=["plane", "channels", "plane", "none", "all"], latents=dict(Upper=UPPER), gd=dict(Rate=sched(0.02, 0)))
with open(HERE / "modes.json", "w") as f:
    json.dump(dict(made_by="modes.py", numpy=np.__version__, scipy=scipy.__version__, torch=torch.__version__.split("+")[0],
                   weights_sha256=NETDIGEST, upper=UPPER, runs=RUNS), f)
    f.write("\n")
