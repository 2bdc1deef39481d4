"""Trains the fully connected layers of both networks alone, on what the convolutions of joint.pt make of 32,000
pictures: a hundred times cheaper a picture than train.py, so that relu7 keeps as much of pool5 as it can.

    python3 codes.py --minutes 2 --data DIR    # joint.pt → codes.pt, and codes.npz for train.py invert
"""
import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch.nn import functional as F

from data import class_names
from model import SCALE, Generator, Network, fold
from train import CL, GENERATOR_GUIDES, NETWORK_GUIDES, PICTURES, SCENES, Data, Guides, tensor


def pool5(fixed, x, workers):
    """Gives pool5 of byte pictures and their 32 × 32 means, as float16."""
    def some(i):
        t = tensor(x[i:i + 50]).contiguous(memory_format=CL)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
            return fixed(t, upto="fc6")["pool5"].half(), F.avg_pool2d(t / SCALE, 4).half()
    parts = list(workers.map(some, range(0, len(x), 50)))
    return torch.cat([p for p, _ in parts]), torch.cat([d for _, d in parts])


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--minutes", type=float, required=True)
    p.add_argument("--data", required=True)
    p.add_argument("--classes", type=float, default=0.3)
    a = p.parse_args()
    state = torch.load(os.path.join(a.data, "joint.pt"), weights_only=False)
    net, gen = Network(len(class_names())), Generator()
    net.load_state_dict(state["net"]), gen.load_state_dict(state["gen"])
    guides = torch.nn.ModuleList([Guides(NETWORK_GUIDES), Guides(GENERATOR_GUIDES)])
    guides.load_state_dict(state["guides"])
    data, file = Data(a.data), os.path.join(a.data, "codes.npz")
    with ThreadPoolExecutor(2) as workers:
        fixed = fold(net.eval()).to(memory_format=CL)
        start = time.time()
        x, d = (torch.cat(v) for v in zip(pool5(fixed, data.scenes[:SCENES], workers), pool5(fixed, data.x[:PICTURES], workers)))
        held = pool5(fixed, data.held[0][:500], workers)
    y = torch.from_numpy(np.concatenate([data.kinds[:SCENES], data.y[:PICTURES]]))
    print(f"pool5 of {len(x)} pictures in {time.time() - start:.0f} s", flush=True)
    heads = {n: guides[0].heads[n] for n in ("fc6", "relu7")}
    head = guides[1].heads["defc5"]
    params = [v for n in ("fc6", "fc7") for v in (*net.layers[n].parameters(), *net.norms[n].parameters())]
    params += [*net.layers["fc8"].parameters(), *(v for h in heads.values() for v in h.parameters())]
    params += [v for n in ("defc7", "defc6", "defc5") for v in (*gen.layers[n].parameters(), *gen.norms[n].parameters())]
    opt = torch.optim.AdamW(params, lr=1e-3, weight_decay=0.01)

    def chain(h, noise):
        f = {}
        for n in ("fc6", "fc7"):
            h = torch.relu(net.norms[n](net.layers[n](h)))
            f[n] = h
        z = torch.relu(h + torch.randn_like(h) * h.detach().std(0, keepdim=True) * torch.rand(len(h), 1) * noise)
        g = z
        for n in ("defc7", "defc6", "defc5"):
            g = F.leaky_relu(gen.norms[n](gen.layers[n](g)), 0.3)
        made = F.pixel_shuffle(head(g.unflatten(1, (128, 4, 4))), 8)
        return [F.pixel_shuffle(heads[n](v.reshape(-1, 512, 1, 1)), 32) for n, v in (("fc6", f["fc6"]), ("relu7", z))] + [made], net.layers["fc8"](h)

    def show(when):
        net.eval(), gen.eval()
        with torch.no_grad():
            told, classes = chain(held[0].float(), 0)
            right = (classes.argmax(1).numpy() == data.held[1][:500]).mean()
            print(when, "held-out scenes at 32 pixels: squared error of fc6, relu7, defc5",
                  " ".join(f"{F.mse_loss(t, held[1].float()).item():.4f}" for t in told), f"right {right:.3f}", flush=True)
        net.train(), gen.train()

    show("before:")
    start, shown = time.time(), time.time()
    while (at := (time.time() - start) / (a.minutes * 60)) < 1:
        for group in opt.param_groups:
            group["lr"] = 1e-3 * min(1, at / 0.03 + 0.05) * (0.5 + 0.5 * np.cos(np.pi * at)) + 1e-6
        i = torch.cat([torch.randint(SCENES, (160,)), SCENES + torch.randint(PICTURES, (96,))])
        want = d[i].float()
        told, classes = chain(x[i].float(), 0.2)
        loss = F.mse_loss(told[0], want) + 2 * F.mse_loss(told[1], want) + 2 * F.mse_loss(told[2], want)
        loss = loss + a.classes * F.cross_entropy(classes, y[i], ignore_index=-1, label_smoothing=0.1)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(params, 5.0)
        opt.step()
        if time.time() - shown > 20:
            shown = time.time()
            show(f"{(time.time() - start) / 60:.1f} min")
    show("after:")
    net.eval()
    with torch.no_grad():
        z = torch.cat([fold(net)(v.float(), start="fc6")["relu7"] for v in x.split(2000)])
    np.savez(file, relu7=z.half().numpy())
    torch.save({"net": net.state_dict(), "gen": gen.state_dict(), "guides": guides.state_dict(), "seen": state["seen"]},
               os.path.join(a.data, "codes.pt"))


if __name__ == "__main__":
    main()
