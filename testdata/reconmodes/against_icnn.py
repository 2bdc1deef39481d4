"""Runs the released code itself on the networks of modes.py and compares its losses with modes.json.

Run in this folder: python3 against_icnn.py FOLDER  with FOLDER a checkout of KamitaniLab/icnn (the package's folder
icnn lies in it). It prints what the losses differ by over 50 evaluations; nothing is written. The code is of Python 2 and
for Caffe: it is compiled with // where it divides sizes, and a small object stands for Caffe's networks. Its random
numbers are replaced by those of modes.py, the name opts that icnn_gd lacks is given to it, and float32 images
become float64 by a float64 mean.
"""
import builtins
import json
import pathlib
import sys
import types
from collections import OrderedDict

import numpy as np
import scipy.ndimage
import scipy.optimize
import torch

HERE = pathlib.Path(__file__).resolve().parent
builtins.xrange = range
sys.modules["caffe"] = types.ModuleType("caffe")
sys.modules["scipy.misc"] = types.ModuleType("scipy.misc")
sys.modules["scipy.misc"].imresize = None
scipy.ndimage.filters = types.SimpleNamespace(gaussian_filter=scipy.ndimage.gaussian_filter)


def load_modes():
    """modes.py without its runs."""
    text = (HERE / "modes.py").read_text()
    module = types.ModuleType("modes")
    module.__file__ = str(HERE / "modes.py")
    exec(compile(text[:text.index("BASE = dict(")], "modes.py", "exec"), module.__dict__)
    return module


M = load_modes()


def load(root, name):
    module = types.ModuleType("icnn." + name)
    module.__package__ = "icnn"
    module.__file__ = str(root / "icnn" / (name + ".py"))
    text = (root / "icnn" / (name + ".py")).read_text().replace(")/2", ")//2").replace("num_of_pix/3", "num_of_pix//3")
    text = text.replace("round((", "int((")  # a float is no index any more
    sys.modules["icnn." + name] = module
    exec(compile(text, name, "exec"), module.__dict__)
    return module


class Dict(OrderedDict):
    """keys() is a list, as in Python 2."""

    def keys(self):
        return list(super().keys())


class Blob:
    def __init__(self, shape):
        self.data, self.diff = np.zeros((1, *shape), np.float32), np.zeros((1, *shape), np.float32)


class Net:
    """What icnn uses of a caffe.Net: blobs, forward and backward; the arithmetic is modes.py's."""

    def __init__(self):
        self.blobs = Dict(data=Blob((3, M.H, M.W)))
        for kind, name, _ in M.NET:
            if kind != "pool":
                self.blobs[name] = Blob(M.TARGETS[name].shape)
                # features stay float64, as the losses of modes.py are of float64
                self.blobs[name].data, self.blobs[name].diff = (np.zeros((1, *M.TARGETS[name].shape)) for _ in range(2))
        self.transformer = types.SimpleNamespace(mean={"data": M.MEAN})

    def forward(self, end=None):
        self.x = torch.from_numpy(self.blobs["data"].data[0].astype(np.float64)).requires_grad_()
        self.f = M.features(self.x[None])
        for name, f in self.f.items():
            self.blobs[name].data[0] = f.detach().numpy()

    def backward(self, start, end=None):
        to = self.x if end is None else self.f[end]
        g, = torch.autograd.grad(self.f[start], to, torch.from_numpy(self.blobs[start].diff[0].copy()), retain_graph=True)
        self.blobs[end or "data"].diff[0] = g.numpy()


class Generator:
    def __init__(self):
        self.blobs = Dict(feat=Blob((M.UNITS,)), generated=Blob((3, 64, 64)))
        # the picture goes on in float64, as in modes.py; what icnn hands to the network is rounded there
        self.blobs["generated"].data, self.blobs["generated"].diff = np.zeros((1, 3, 64, 64)), np.zeros((1, 3, 64, 64))

    def forward(self):
        self.z = torch.from_numpy(self.blobs["feat"].data[0].astype(np.float64)).requires_grad_()
        h, w = M.H, M.W
        M.H = M.W = 64
        self.x = M.generate(self.z)[0]
        M.H, M.W = h, w
        self.blobs["generated"].data[0] = self.x.detach().numpy()

    def backward(self):
        g, = torch.autograd.grad(self.x, self.z, torch.from_numpy(self.blobs["generated"].diff[0].copy()))
        self.blobs["feat"].diff[0] = g.numpy()


def names(o):
    """The released names of a run's options."""
    g, out = o["GD"], dict(loss_type=["l2", "l1", "inner", "gram"][o.get("Loss", 0)])
    if o["Optimizer"] == "lbfgs":
        return dict(out, maxiter=o["Iterations"], disp=False)
    out["iter_n"] = o["Iterations"]

    def put(prefix, s):
        out[prefix + "_start"], out[prefix + "_end"] = s["From"], s["To"]

    put("lr", g["Rate"])
    put("momentum", g["Momentum"])
    put("decay", g.get("Decay", dict(From=0, To=0)))
    out["disp_every"] = 10**9
    if o["Latent"]:
        return out
    out.update(grad_normalize=g["Normalize"], image_blur="Blur" in g, image_jitter="Jitter" in g, jitter_size=g.get("Jitter", 0))
    if "Blur" in g:
        put("sigma", g["Blur"])
    for key, use, order, weight in (("PNorm", "use_p_norm_reg", "p", "lamda"), ("TV", "use_TV_norm_reg", "TVbeta", "TVlamda")):
        if key in g:
            out[use], out[order] = True, g[key]["Order"]
            put(weight, g[key]["Weight"])
    for key, use, pct in (("ClipExtreme", "clip_extreme", "e_pct"), ("ClipSmallNorm", "clip_small_norm", "n_pct"),
                          ("ClipSmallGain", "clip_small_contribution", "c_pct")):
        if key in g:
            out[use], out[use + "_every"] = True, g[key]["Every"]
            put(pct, g[key]["Percent"])
    return out


def randoms(o):
    """Replacements of numpy's: shifts, and a noise image of the expected norm."""
    draws = iter(M.uniform(o["Seed"], 3, 2 * o["Iterations"]))

    def randint(low, high, size):
        if size == 2:
            return [low + int(next(draws) * (high - low)) for _ in range(2)]
        return np.full(size, np.sqrt((np.arange(256) ** 2).mean()))

    return randint


def main(root):
    package = types.ModuleType("icnn")
    package.__path__ = [str(root / "icnn")]
    sys.modules["icnn"] = package
    load(root, "loss")
    load(root, "utils")
    functions = {n: load(root, n) for n in ("icnn_gd", "icnn_dgn_gd", "icnn_lbfgs", "icnn_dgn_lbfgs")}
    for n in ("icnn_lbfgs", "icnn_dgn_lbfgs"):
        functions[n].minimize = lambda *a, **k: scipy.optimize.minimize(
            *a, **{**k, "options": dict(maxiter=k["options"]["maxiter"], ftol=0, gtol=0)})
    worst = 0.0
    for run in json.loads((HERE / "modes.json").read_text())["runs"]:
        o, latent = run["options"], run["latent"]
        if o["GD"].get("RateInside"):
            print(f"{run['name']:28s} the paper's way, which the released code has not")
            continue
        module = functions["icnn_" + ("dgn_" if latent else "") + ("gd" if o["Optimizer"] == "gd" else "lbfgs")]
        module.opts = dict(TVbeta=o["GD"].get("TV", dict(Order=2))["Order"])
        layers = run["layers"]
        w = np.array([1 / float((M.TARGETS[l] ** 2).sum()) for l in layers])
        w = o["Factor"] * (w / w.sum() if o["NormalizeWeights"] else w)
        masks = M.masks_of(run["masks"] or ["all"] * len(layers), layers)
        more = dict(layer_weight=dict(zip(layers, w)))
        if run["masks"]:
            more["mask"] = {l: m.numpy() for l, m in zip(layers, masks)}
        first = M.start(o, latent)
        if latent:
            more.update(initial_gen_feat=first, input_layer_gen="feat", output_layer_gen="generated")
            lower, upper = o["Latent"].get("Lower"), o["Latent"].get("Upper")
            if o["Optimizer"] == "gd":
                more.update(feat_lower_bound=np.array(lower), feat_upper_bound=np.array(upper))
            else:
                more["gen_feat_bounds"] = list(zip(np.broadcast_to(lower, M.UNITS), np.broadcast_to(upper, M.UNITS)))
        else:
            more["initial_image"] = np.dstack((first + M.MEAN[:, None, None])[::-1])
        np.random.randint = randoms(o)
        net = Net()
        args = [Dict((l, M.TARGETS[l].numpy()) for l in layers), net] + ([Generator()] if latent else [])
        image, losses = module.reconstruct_image(*args, **more, **names(o))
        apart = max(abs(a - b) / abs(b) for a, b in zip(losses[:50], run["trace"]))
        print(f"{run['name']:28s} {len(losses):3d} losses ({len(run['trace'])}), apart by {apart:.1e}, others {run['others']:.1e}", flush=True)
        worst = max(worst, apart)
    print(f"worst {worst:.1e}")


main(pathlib.Path(sys.argv[1]))
