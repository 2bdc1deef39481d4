"""Trains the built-in pair. README.md says what on and how long.

    python3 train.py joint  --minutes 32 --data DIR    # the network (classes and reconstruction) and the generator
    python3 codes.py --minutes 2 --data DIR            # the fully connected layers of both
    python3 train.py invert --minutes 18 --data DIR    # the generator alone, against the fixed network's features

DIR holds scenes.u8, kinds.u8 and pictures.npz; checkpoints, sheets and logs go there. Learning rates follow the
time spent, so that a run ends when it was told to; a run that was cut off goes on from its last checkpoint.
"""
import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from data import CLASSES, KINDS, SIZE, class_names
from model import MEAN, SCALE, Generator, Network, fold

HELD_SCENES = 1000  # the last ones
SCENES, PICTURES = 20000, 12000  # the first ones, that codes.py learns from
# Each step's parts are shared between two threads as they come: where other programs use the cores as well, one
# operation split in two would wait for its slower half.
torch.set_num_threads(1)
PARTS = 4
CL = torch.channels_last


class Data:
    def __init__(self, folder):
        self.scenes = np.fromfile(os.path.join(folder, "scenes.u8"), np.uint8).reshape(-1, SIZE, SIZE, 3)
        self.kinds = np.fromfile(os.path.join(folder, "kinds.u8"), np.uint8).astype(np.int64) + len(CLASSES)
        z = np.load(os.path.join(folder, "pictures.npz"))
        self.x, self.y = z["x_train"], z["y_train"].astype(np.int64)
        self.x_test, self.y_test = z["x_test"], z["y_test"].astype(np.int64)
        codes = os.path.join(folder, "codes.npz")
        self.codes = np.load(codes)["relu7"] if os.path.exists(codes) else None
        self.held = self.scenes[-HELD_SCENES:], self.kinds[-HELD_SCENES:]
        self.scenes, self.kinds = self.scenes[:-HELD_SCENES], self.kinds[:-HELD_SCENES]

    def coded(self, n, scenes):
        """Gives n of the pictures of codes.py, a share of them scenes, and their relu7."""
        r, k = np.random.default_rng(), round(n * scenes)
        i, j = r.integers(SCENES, size=k), r.integers(PICTURES, size=n - k)
        x = tensor(np.concatenate([self.scenes[i], self.x[j]])).contiguous(memory_format=CL)
        return x, torch.from_numpy(self.codes[np.concatenate([i, SCENES + j])]).float()

    def batch(self, n, scenes):
        """Gives n pictures, a share of them scenes, and their classes (−1: none)."""
        r, k = np.random.default_rng(), round(n * scenes)
        i, j = r.integers(len(self.scenes), size=k), r.integers(len(self.x), size=n - k)
        x = tensor(np.concatenate([self.scenes[i], self.x[j]]))
        y = np.concatenate([self.kinds[i], self.y[j]])
        flip = r.random(n) < 0.5
        x[flip] = x[flip].flip(3)
        for s in range(n):  # other colours for a third: channels change places and strength
            if r.random() < 0.33:
                mean = torch.tensor(MEAN).reshape(3, 1, 1)
                gain = torch.tensor(r.uniform(0.75, 1.15, (3, 1, 1)), dtype=torch.float32)
                x[s] = ((x[s] + mean)[r.permutation(3)] * gain).clamp(0, 255) - mean
                if s < k:
                    y[s] = -1  # a scene's kind is its hue
        return x.contiguous(memory_format=CL), torch.from_numpy(y)


def tensor(u8):
    """RGB bytes N, H, W, 3 → BGR less the mean, N, 3, H, W."""
    x = torch.from_numpy(np.ascontiguousarray(u8[..., ::-1])).float() - torch.tensor(MEAN)
    return x.permute(0, 3, 1, 2)


def pixels(x):
    x = x.float().permute(0, 2, 3, 1) + torch.tensor(MEAN)
    return x.clamp(0, 255).round().byte().numpy()[..., ::-1]


def pyramid_loss(a, b):
    """L1 of the pictures and of the differences to their blurred halves, five scales: sharpness counts."""
    d, total = (a - b) / SCALE, 0.0
    for level in range(5):
        low = F.avg_pool2d(d, 2)
        high = d - F.interpolate(low, scale_factor=2, mode="nearest")
        total = total + high.abs().mean() * (1.0 if level < 3 else 0.7)
        d = low
    return total + d.abs().mean()


class Guides(torch.nn.Module):
    """Linear read-outs of the picture from layers on the way (deep supervision, dropped after training): without
    them chains of narrow layers learn to let colours and places through only after a very long time."""

    def __init__(self, at):
        """at: layer → side of its map (0: fully connected), channels, side of the picture to tell, weight."""
        super().__init__()
        self.at = at
        self.heads = torch.nn.ModuleDict({n: torch.nn.Conv2d(c, 3 * (side // max(s, 1)) ** 2, 1) for n, (s, c, side, _) in at.items()})

    def forward(self, f, x):
        total, weights, d = 0.0, 0.0, {128: x / SCALE}
        d[64] = F.avg_pool2d(d[128], 2)
        d[32] = F.avg_pool2d(d[64], 2)
        for n, (s, c, side, weight) in self.at.items():
            if weight == 0:
                continue
            h = f[n] if s else f[n].reshape(-1, c, 1, 1)
            if n == "defc5":
                h = f[n].unflatten(1, (c, s, s))
            out = self.heads[n](h)
            total = total + weight * F.mse_loss(F.pixel_shuffle(out.float(), side // max(s, 1)), d[side])
            weights += weight
        return total / weights


# Those of weight 0 had 1 in the first 8 minutes and were no longer needed then.
NETWORK_GUIDES = {"conv2_2": (64, 16, 128, 0), "conv3_4": (32, 32, 128, 0), "conv4_2": (16, 64, 64, 0), "conv4_4": (16, 64, 64, 1),
                  "conv5_2": (8, 64, 64, 0), "conv5_4": (8, 64, 64, 2), "fc6": (0, 512, 32, 2), "relu7": (0, 512, 32, 4)}
GENERATOR_GUIDES = {"defc6": (0, 1024, 32, 0), "defc5": (4, 128, 32, 1), "deconv5": (8, 128, 32, 0), "conv5_1": (8, 128, 64, 1),
                    "conv4_1": (16, 96, 64, 1), "conv3_1": (32, 48, 128, 0), "deconv2": (64, 24, 128, 0)}


FEATURES = {"conv1_2": 0.5, "conv2_2": 1.0, "conv3_2": 1.0, "conv3_4": 1.0, "conv4_2": 1.0, "conv4_4": 0.7}


def feature_loss(net, scale, a, b):
    with torch.no_grad():
        want = net(b, upto="conv4_4")
    got = net(a, upto="conv4_4")
    return sum(k * (got[n].float() - want[n].float()).abs().mean() / scale[n] for n, k in FEATURES.items())


def evaluate(net, gen, data, folder, tag):
    """Gives accuracies and the reconstruction's figures on held-out pictures, and writes a sheet."""
    net, gen = fold(net).to(memory_format=CL), fold(gen).to(memory_format=CL)
    with torch.no_grad():
        say = []
        for name, x, y in (("stamps", data.x_test[:600], data.y_test[:600]), ("scenes", data.held[0][:300], data.held[1][:300])):
            right, err, corr, whole = 0, 0.0, 0.0, []
            for i in range(0, len(x), 100):
                t = tensor(x[i:i + 100]).contiguous(memory_format=CL)
                f = net(t)
                g = gen(f["relu7"])
                right += (f["fc8"].argmax(1).numpy() == y[i:i + 100]).sum()
                err += (g - t).abs().sum().item()
                whole.append((t.flatten(1), g.flatten(1)))
            a, b = (torch.cat(v) for v in zip(*whole))
            a, b = a - a.mean(1, keepdim=True), b - b.mean(1, keepdim=True)
            corr = F.cosine_similarity(a, b).mean().item()
            say.append(f"{name}: accuracy {right / max(1, (y >= 0).sum()):.3f}, |error| {err / a.numel():.2f} of 255, r {corr:.3f}")
        x = np.concatenate([data.held[0][:20], data.x_test[:20]])
        g = pixels(gen(net(tensor(x).contiguous(memory_format=CL))["relu7"]))
    rows = [np.concatenate([np.concatenate(list(p[i:i + 10]), 1) for p in (x, g)], 0) for i in range(0, 40, 10)]
    Image.fromarray(np.concatenate(rows)).save(os.path.join(folder, f"sheet_{tag}.png"))
    return "; ".join(say)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("stage", choices=["joint", "invert"])
    p.add_argument("--minutes", type=float, required=True)
    p.add_argument("--data", required=True)
    p.add_argument("--start", help="a checkpoint whose network joint starts from")
    p.add_argument("--batch", type=int, default=20)
    p.add_argument("--rate", type=float, default=2e-3)
    p.add_argument("--classes", type=float, default=0.2, help="weight of the class loss")
    p.add_argument("--features", type=float, default=0.25, help="weight of the network's features in invert; 0 is faster")
    p.add_argument("--scenes", type=float, default=0.5, help="share of scenes in a batch")
    a = p.parse_args()
    data = Data(a.data)
    net, gen = Network(len(class_names())).to(memory_format=CL), Generator().to(memory_format=CL)
    joint = a.stage == "joint"
    here, before = os.path.join(a.data, a.stage + ".pt"), os.path.join(a.data, "codes.pt")
    state, spent, seen = None, 0.0, 0
    if os.path.exists(here) or not joint:
        state = torch.load(here if os.path.exists(here) else before, weights_only=False)
        net.load_state_dict(state["net"])
        gen.load_state_dict(state["gen"])
    guides = torch.nn.ModuleList([Guides(NETWORK_GUIDES), Guides(GENERATOR_GUIDES)]).to(memory_format=CL)
    if joint and a.start and not os.path.exists(here):
        net.load_state_dict(torch.load(a.start, weights_only=False)["net"])
    params = list(gen.parameters()) + (list(net.parameters()) + list(guides.parameters()) if joint else [])
    opt = torch.optim.AdamW(params, lr=a.rate, weight_decay=0.01, betas=(0.9, 0.98))
    if os.path.exists(here):
        opt.load_state_dict(state["opt"])
        guides.load_state_dict(state["guides"])
        spent, seen = state["spent"], state["seen"]
    fixed, scale = None, {}
    if not joint:
        net.eval().requires_grad_(False)
        fixed = fold(net).to(memory_format=CL).requires_grad_(False)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            f = fixed(data.batch(256, a.scenes)[0])
        scale = {n: f[n].float().std().item() for n in FEATURES}

    def one(live):
        """Gives a part's share of a step's gradients for the parameters live, and figures for the log."""
        if joint:
            x, y = data.batch(a.batch, a.scenes)
        else:
            x, z = data.coded(a.batch, a.scenes)
        with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):  # the cache is one for all threads
            if joint:
                f = net(x)
                z = f["relu7"].float()
            # noise of up to 0.2 of each unit's own spread, so that decoded and optimised latents are at home too
            sd = z.detach().std(0, keepdim=True)
            z = torch.relu(z + torch.randn_like(z) * sd * torch.rand(len(z), 1) * 0.2)
            made = {}
            g = gen(z, made)
            pix = pyramid_loss(g, x)
            if joint:
                # read-outs see what the next layer sees
                feat = guides[0]({**{n: torch.relu(f[n]) for n in NETWORK_GUIDES}, "relu7": z}, x) + guides[1](made, x)
            else:
                feat = feature_loss(fixed, scale, g, x) if a.features else torch.zeros(())
        loss = 0.5 * pix + ((g - x) / SCALE).square().mean()
        if not joint:
            return torch.autograd.grad(loss + a.features * feat, live), [pix.item(), feat.item(), 0, 0]
        ce = F.cross_entropy(f["fc8"].float(), y, ignore_index=-1, label_smoothing=0.1)
        loss = loss + 3 * feat + a.classes * ce
        right = (f["fc8"].argmax(1) == y)[y >= 0].float().mean().item()
        return torch.autograd.grad(loss, live, allow_unused=True), [pix.item(), feat.item(), ce.item(), right]

    workers = ThreadPoolExecutor(2)
    start, last, shown, sums, steps = time.time() - spent, time.time(), 0.0, np.zeros(4), 0
    while time.time() - start < a.minutes * 60:
        at = (time.time() - start) / (a.minutes * 60)
        for group in opt.param_groups:  # a warm rise, then a cosine
            group["lr"] = a.rate * min(1, at / 0.03 + 0.05) * (0.5 + 0.5 * np.cos(np.pi * at)) + 1e-6
        if at > 0.5 or not joint:  # batch norm with the means so far: those of a few pictures are noise to fine work
            net.eval(), gen.eval()
            for name in ("conv1_1", "conv1_2", "conv2_1", "conv2_2"):  # they are good, and the dearest to go back through
                net.layers[name].requires_grad_(False), net.norms[name].requires_grad_(False)
        live = [p for p in params if p.requires_grad]
        opt.zero_grad(set_to_none=True)
        parts = list(workers.map(one, [live] * PARTS))
        for p, *g in zip(live, *(grads for grads, _ in parts)):
            p.grad = None if g[0] is None else torch.stack(g).mean(0)
        torch.nn.utils.clip_grad_norm_(live, 5.0)
        opt.step()
        sums += np.mean([s for _, s in parts], 0)
        steps += 1
        seen += PARTS * a.batch
        if time.time() - last > 30:
            m = sums / steps
            print(f"{(time.time() - start) / 60:5.1f} min  {seen} pictures, {steps * PARTS * a.batch / (time.time() - last):.0f}/s  "
                  f"pixels {m[0]:.4f}  guides or features {m[1]:.4f}  class loss {m[2]:.3f}, right {m[3]:.3f}", flush=True)
            last, sums, steps = time.time(), np.zeros(4), 0
        if time.time() - shown > 120 or time.time() - start >= a.minutes * 60:
            shown = time.time()
            print("   held out:", evaluate(net, gen, data, a.data, a.stage), flush=True)
            torch.save({"net": net.state_dict(), "gen": gen.state_dict(), "opt": opt.state_dict(), "guides": guides.state_dict(),
                        "spent": time.time() - start, "seen": seen}, here + ".new")
            os.replace(here + ".new", here)


if __name__ == "__main__":
    main()
