"""Writes the trained pair as float16 safetensors, batch norm folded in, and what PyTorch makes of them.

    python3 export.py --data DIR --resources ../../resources/pair --date YYYY-MM-DD --how "..."

DIR holds codes.pt and, where it has run, invert.pt. expected.json holds what the rounded values give
for scene.png, for the tests of app/dataset/demo.
"""
import argparse
import json
import os

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from data import class_names
from model import MEAN, Generator, Network, fold
from train import Data, evaluate, tensor


def act_range(data):
    """Mean + 3 SD of each unit of relu7 over the pictures of codes.py (kamitani.md §3.2)."""
    z = torch.from_numpy(data.codes).float()
    return z.mean(0) + 3 * z.std(0)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--data", required=True)
    p.add_argument("--resources", required=True)
    p.add_argument("--date", required=True)
    p.add_argument("--how", required=True)
    a = p.parse_args()
    names = class_names()
    net, gen = Network(len(names)), Generator()
    state = torch.load(os.path.join(a.data, "codes.pt"), weights_only=False)
    net.load_state_dict(state["net"])
    if os.path.exists(os.path.join(a.data, "invert.pt")):
        state = torch.load(os.path.join(a.data, "invert.pt"), weights_only=False)
    gen.load_state_dict(state["gen"])
    net, gen = fold(net.eval()), fold(gen.eval())
    data = Data(a.data)
    torch.set_num_threads(2)
    print("float32: ", evaluate(net, gen, data, a.data, "float32"))
    for model in (net, gen):
        for value in model.parameters():
            value.data = value.data.half().float()
    say = evaluate(net, gen, data, a.data, "float16")
    print("float16: ", say)
    about = {"trained": a.how, "date": a.date, "held_out": say, "input": "BGR, 0-255, less the mean " + ", ".join(map(str, MEAN)),
             "source": "Reverie, testdata/pair"}
    os.makedirs(a.resources, exist_ok=True)
    for file, model, what, more in (
            ("network", net, "Reverie's built-in network: VGG19's topology at 1/8 of the width for 128x128 pixels", {}),
            ("generator", gen, "Reverie's built-in generator: from relu7 of the built-in network to its picture",
             {"act_range": act_range(data)})):
        tensors = {n.removeprefix("layers."): v.detach().half().contiguous() for n, v in model.state_dict().items()}
        tensors.update({k: v.float().contiguous() for k, v in more.items()})
        path = os.path.join(a.resources, file + ".safetensors")
        save_file(tensors, path, {"about": what, **about})
        print(path, os.path.getsize(path), "bytes,", sum(v.numel() for v in tensors.values()), "values")
    with open("classes.txt", "w") as f:
        f.write("".join(n + "\n" for n in names))
    x = tensor(np.asarray(Image.open("scene.png").convert("RGB"))[None])
    with torch.no_grad():
        f = net.double()(x.double())
        g = gen.double()(f["relu7"])
    rows = {"fc8": f["fc8"][0], "relu7": f["relu7"][0], "conv5_4": f["conv5_4"][0].flatten()[::16],
            "picture": g[0].flatten()[::97]}
    with open("expected.json", "w") as out:
        json.dump({k: [float(f"{v:.9g}") for v in t.reshape(-1).tolist()] for k, t in rows.items()}, out)
        out.write("\n")


if __name__ == "__main__":
    main()
