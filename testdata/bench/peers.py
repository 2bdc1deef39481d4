"""Times one VGG19 evaluation (19 layer losses and the input gradient) in PyTorch.

Usage: peers.py [--batch 1 4] [--size 224] [--divisor 1] [--threads 2] [--repeats 5]
Prints one JSON document: seconds per image (minimum, median) and versions.
The network is written as an expert would: parameters without gradient, targets
resident, one backward pass. `reverie bench --backend cpu --peer PYTHON` runs it.
"""
import argparse, json, statistics, time
import torch
import torch.nn.functional as F

def vgg(divisor, size):
    torch.manual_seed(0)
    layers, c, h = [], 3, size
    for n, k in zip((2, 2, 4, 4, 4), (64, 128, 256, 512, 512)):
        for _ in range(n):
            w = torch.randn(k // divisor, c, 3, 3) * (2 / (9 * c)) ** 0.5
            layers.append(("conv", w, torch.zeros(k // divisor)))
            c = k // divisor
        layers.append(("pool", None, None))
        h = (h + 1) // 2
    d = c * h * h
    for k in (4096 // divisor, 4096 // divisor, 1000):
        layers.append(("fc", torch.randn(k, d) * (2 / d) ** 0.5, torch.zeros(k)))
        d = k
    return layers

def generator(divisor):
    """The lab's fc7 generator with a crop to the network's size: a latent vector in, an image out."""
    ws, c = [], 4096 // divisor
    for _ in range(3):
        ws.append(("fc", torch.randn(c, c) * (2 / c) ** 0.5, torch.zeros(c)))
    c = 256 // divisor
    for kind, k in (("up", 256), ("conv", 512), ("up", 256), ("conv", 256), ("up", 128), ("conv", 128), ("up", 64), ("up", 32), ("up", 3 * divisor)):
        k //= divisor
        shape, fan = ((c, k, 4, 4), 4 * c) if kind == "up" else ((k, c, 3, 3), 9 * c)
        ws.append((kind, torch.randn(*shape) * (2 / fan) ** 0.5, torch.zeros(k)))
        c = k
    return ws

def generate(ws, z, size):
    for i, (kind, w, b) in enumerate(ws):
        if kind == "fc":
            z = F.linear(z, w, b)
        else:
            if z.dim() == 2:
                z = z.view(len(z), -1, 4, 4)
            z = F.conv_transpose2d(z, w, b, stride=2, padding=1) if kind == "up" else F.conv2d(z, w, b, padding=1)
        if i + 1 < len(ws):
            z = F.leaky_relu(z, 0.3)
    at = (z.shape[-1] - size) // 2
    return z[:, :, at:at + size, at:at + size]

def features(layers, x):
    out, y = [], x
    for i, (kind, w, b) in enumerate(layers):
        if kind == "conv":
            z = F.conv2d(y, w, b, padding=1); out.append(z); y = F.relu(z)
        elif kind == "pool":
            y = F.max_pool2d(y, 2, ceil_mode=True)
        else:
            z = F.linear(y.flatten(1), w, b); out.append(z); y = F.relu(z)
    return out

def main():
    a = argparse.ArgumentParser()
    a.add_argument("--batch", type=int, nargs="+", default=[1]); a.add_argument("--size", type=int, default=224)
    a.add_argument("--divisor", type=int, default=1); a.add_argument("--threads", type=int, default=2)
    a.add_argument("--repeats", type=int, default=5)
    a.add_argument("--generator", action="store_true", help="the gradient with respect to a generator's latent vector")
    o = a.parse_args()
    torch.set_num_threads(o.threads)
    layers = vgg(o.divisor, o.size)
    gen = generator(o.divisor) if o.generator else None
    rows = []
    for B in o.batch:
        with torch.no_grad():
            targets = features(layers, torch.rand(B, 3, o.size, o.size) * 255 - 117)
            weights = [1 / t.flatten(1).square().sum(1) for t in targets]
        def once():
            x = (torch.rand(B, 3, o.size, o.size) * 255 - 117).requires_grad_(True)
            if gen:
                x = torch.rand(B, 4096 // o.divisor, requires_grad=True)
            t0 = time.perf_counter()
            made = generate(gen, x, o.size) if gen else x
            loss = sum((w * (f - t).flatten(1).square().sum(1)).sum() for f, t, w in zip(features(layers, made), targets, weights))
            loss.backward()
            return time.perf_counter() - t0
        for _ in range(2): once()
        ts = [once() / B for _ in range(o.repeats)]
        rows.append({"batch": B, "seconds_per_image_min": min(ts), "seconds_per_image_median": statistics.median(ts)})
    mk = torch.backends.mkldnn.is_available()
    print(json.dumps({"peer": f"PyTorch {torch.__version__}", "mkldnn": mk, "threads": o.threads, "results": rows}))

if __name__ == "__main__":
    main()
