"""Records what PyTorch computes in float64 on seeded VGG19 networks.

python3 testdata/vgg/expected.py [narrow] [full] [generator]     → narrow.json, *.f32, full.json, generator.json

Weights are those of nn.Seeded(net, 7, 0.1). x is the evaluated image, t the
features of a second one, a field of soft colours of seed 12; layer l's loss is
Σ(f−t)²/‖t‖², and the gradient is that of the sum over the 19 layers.

narrow  Width 1/16, 20 classes; x is white noise of seed 11. NAME.f32 holds the 19
        layers' features of x and then the gradient, little-endian float32.
full    Width 1, 224×224, 1000 classes; x is a field of seed 11. Samples are
        places k·n//count. torch_float32 is PyTorch's own relative error when it
        computes in float32: of the features (L2, whole layer and samples), the losses and the
        gradient (L2); "fixed" when rectifiers and poolings choose as in float64.
"""
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

import seeded

HERE = pathlib.Path(__file__).resolve().parent
NARROW = [
    dict(name="max_64x64", height=64, width=64, pool="max", slope=0.0, floor=False),
    dict(name="leaky_average_45x33", height=45, width=33, pool="average", slope=float(np.float32(0.2)), floor=False),
    dict(name="max_37x37", height=37, width=37, pool="max", slope=0.0, floor=False),
    dict(name="max_floor_37x37", height=37, width=37, pool="max", slope=0.0, floor=True),
    dict(name="leaky_average_floor_37x37", height=37, width=37, pool="average", slope=float(np.float32(0.2)), floor=True),
]


def forward(net, steps, params, x, choices=None, record=None):
    """Features of the layers; choices and record are the masks and pooled places, in order."""
    feats, h, choices = [], x, iter(choices or ())
    fixed = next(choices, None)
    for kind, name, _ in steps:
        if kind == "pool" and net["pool"] == "average":
            h = F.avg_pool2d(h, 2, 2, ceil_mode=not net["floor"], count_include_pad=False)
        elif kind == "pool" and fixed is not None:
            h, fixed = h.flatten(2).gather(2, fixed.flatten(2)).reshape(fixed.shape), next(choices, None)
        elif kind == "pool":
            h, at = F.max_pool2d(h, 2, 2, ceil_mode=not net["floor"], return_indices=True)
            if record is not None:
                record.append(at)
        else:
            w, b = params[name]
            h = F.conv2d(h, w, b, padding=1) if kind == "conv" else F.linear(h.flatten(1), w, b)
            feats.append(h)
            if name == "fc8":
                continue
            if fixed is not None:
                h, fixed = torch.where(fixed, h, net["slope"] * h), next(choices, None)
            else:
                if record is not None:
                    record.append((h > 0).detach())
                h = F.leaky_relu(h, net["slope"])
    return feats


def evaluate(net, steps, params, x, t, scale, dtype, **how):
    """Features of x, losses and gradient, as NumPy float64."""
    x = torch.from_numpy(x)[None].to(dtype).requires_grad_()
    feats = forward(net, steps, params, x, **how)
    losses = [s * ((f - v) ** 2).sum(dtype=torch.float64) for f, v, s in zip(feats, t, scale)]
    sum(losses).backward()
    plain = lambda v: v.detach().double().numpy().ravel()
    return [plain(f) for f in feats], np.array([v.item() for v in losses]), plain(x.grad)


def tensors(params, dtype):
    return {k: tuple(torch.from_numpy(v).to(dtype) for v in p) for k, p in params.items()}


def targets(net, steps, params, y, dtype):
    with torch.no_grad():
        return forward(net, steps, params, torch.from_numpy(y)[None].to(dtype))


def places(n, count):
    return np.arange(count) * n // count


def error(a, b):
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def narrow():
    sets = []
    for net in NARROW:
        h, w = net["height"], net["width"]
        steps = seeded.vgg19(h, w, 16, 20, net["floor"])
        raw, digest = seeded.weights(steps, 7, 0.1)
        params = tensors(raw, torch.float64)
        t = targets(net, steps, params, seeded.field(12, h, w), torch.float64)
        scale = [1 / float((v ** 2).sum()) for v in t]
        feats, losses, grad = evaluate(net, steps, params, seeded.noise(11, h, w), t, scale, torch.float64)
        np.concatenate([*feats, grad]).astype("<f4").tofile(HERE / (net["name"] + ".f32"))
        sets.append(dict(net, weights_sha256=digest, loss_weights=scale, losses=losses.tolist()))
        print(net["name"], digest[:8], [f.size for f in feats], losses)
    write("narrow.json", dict(sets=sets))


def full():
    net = dict(pool="max", slope=0.0, floor=False)
    steps = seeded.vgg19(224, 224, 1, 1000)
    raw, digest = seeded.weights(steps, 7, 0.1)
    print(digest, flush=True)
    x, y = seeded.field(11, 224, 224), seeded.field(12, 224, 224)
    params, choices = tensors(raw, torch.float64), []
    t = targets(net, steps, params, y, torch.float64)
    scale = [1 / float((v ** 2).sum()) for v in t]
    feats, losses, grad = evaluate(net, steps, params, x, t, scale, torch.float64, record=choices)
    print("float64 done", losses, flush=True)

    params = tensors(raw, torch.float32)
    t = targets(net, steps, params, y, torch.float32)
    feats32, losses32, grad32 = evaluate(net, steps, params, x, t, scale, torch.float32)
    fixed = evaluate(net, steps, params, x, t, scale, torch.float32, choices=choices)[2]
    at = places(grad.size, 2000)
    own = dict(features=[error(a, b) for a, b in zip(feats32, feats)],
               feature_samples=[error(a[p], b[p]) for a, b in zip(feats32, feats) for p in [places(b.size, 64)]],
               losses=(np.abs(losses32 - losses) / losses).tolist(),
               gradient=error(grad32, grad), gradient_samples=error(grad32[at], grad[at]),
               gradient_fixed=error(fixed, grad), gradient_fixed_samples=error(fixed[at], grad[at]))
    print(own)
    layers = [dict(name=s[1], norm=float(np.linalg.norm(f)), mean=float(f.mean()), samples=f[places(f.size, 64)].tolist(),
                   loss_weight=k, loss=float(v))
              for s, f, k, v in zip([s for s in steps if s[2]], feats, scale, losses)]
    write("full.json", dict(weights_sha256=digest, layers=layers, gradient_norm=float(np.linalg.norm(grad)),
                            gradient_samples=grad[at].tolist(), torch_float32=own))


DGN = [("fc", "defc7", 4096, 4096), ("fc", "defc6", 4096, 4096), ("fc", "defc5", 4096, 4096), ("up", "deconv5", 256, 256), ("conv", "conv5_1", 256, 512),
       ("up", "deconv4", 512, 256), ("conv", "conv4_1", 256, 256), ("up", "deconv3", 256, 128), ("conv", "conv3_1", 128, 128),
       ("up", "deconv2", 128, 64), ("up", "deconv1", 64, 32), ("up", "deconv0", 32, 3)]


def dgn():
    """The lab's generator's weights as nn.Seeded(net, 8, 0.1) gives them, the last layer's times 30."""
    out = []
    for layer, (kind, name, i, o) in enumerate(DGN):
        shape, fan = {"fc": ((o, i), i), "conv": ((o, i, 3, 3), 9 * i), "up": ((i, o, 4, 4), 4 * i)}[kind]
        w = seeded.normal32(8, 2 * layer, int(np.prod(shape)), np.sqrt(2 / fan)).reshape(shape)
        if name == "deconv0":
            w = w * np.float32(30)
        out.append((kind, w, seeded.normal32(8, 2 * layer + 1, o, 0.1)))
    return out


def generate(layers, z):
    for k, (kind, w, b) in enumerate(layers):
        if kind == "fc":
            z = F.linear(z, w, b)
        else:
            z = z.view(1, -1, 4, 4) if z.dim() == 2 else z
            z = F.conv_transpose2d(z, w, b, stride=2, padding=1) if kind == "up" else F.conv2d(z, w, b, padding=1)
        if k + 1 < len(layers):
            z = F.leaky_relu(z, float(np.float32(0.3)))
    return z[:, :, 16:240, 16:240]


def generator():
    """VGG19 behind the generator: the losses of all layers and the gradient with respect to the latent vector."""
    net = dict(pool="max", slope=0.0, floor=False)
    steps = seeded.vgg19(224, 224, 1, 1000)
    raw, _ = seeded.weights(steps, 7, 0.1)
    gen, latent = dgn(), np.float32(2 * seeded.uniform(13, 0, 4096))

    def run(dtype, scale):
        params = tensors(raw, dtype)
        layers = [(k, torch.from_numpy(w).to(dtype), torch.from_numpy(b).to(dtype)) for k, w, b in gen]
        t = targets(net, steps, params, seeded.field(12, 224, 224), dtype)
        scale = scale or [1 / float((v ** 2).sum()) for v in t]
        z = torch.from_numpy(latent)[None].to(dtype).requires_grad_()
        picture = generate(layers, z)
        losses = [s * ((f - v) ** 2).sum(dtype=torch.float64) for f, v, s in zip(forward(net, steps, params, picture), t, scale)]
        sum(losses).backward()
        plain = lambda v: v.detach().double().numpy().ravel()
        return plain(picture), np.array([v.item() for v in losses]), plain(z.grad), scale

    picture, losses, grad, scale = run(torch.float64, None)
    p32, l32, g32, _ = run(torch.float32, scale)
    at, of = places(grad.size, 1000), places(picture.size, 1000)
    own = dict(picture=error(p32, picture), losses=(np.abs(l32 - losses) / losses).tolist(), gradient=error(g32, grad))
    print(own, picture.std(), np.linalg.norm(grad))
    write("generator.json", dict(loss_weights=scale, losses=losses.tolist(), picture_norm=float(np.linalg.norm(picture)), picture_samples=picture[of].tolist(),
                                 gradient_norm=float(np.linalg.norm(grad)), gradient_samples=grad[at].tolist(), torch_float32=own))


def write(name, value):
    value = dict(made_by="expected.py", torch=torch.__version__.split("+")[0], numpy=np.__version__, **value)
    (HERE / name).write_text(json.dumps(value) + "\n")


for job in sys.argv[1:] or ["narrow", "full", "generator"]:
    dict(narrow=narrow, full=full, generator=generator)[job]()
