"""Times one VGG19 evaluation in PyTorch on a GPU, as an expert would write it.

Usage: gpu_peer.py [--batch 1 8] [--size 224] [--divisor 1] [--repeats 20]
                   [--variants contiguous channels_last tf32] [--device auto]

One evaluation is what Reverie's is: forward to all 19 layers, the weighted squared
distance of each to its target per image, and the gradient with respect to the images.
Float32 throughout: TF32 is off for matrix products and for cuDNN, except in the variant
"tf32", which is there to show what it would gain and is no float32 any more. Weights are
seeded, need no gradient, and targets lie on the device. cuDNN picks its algorithms by
timing them (cudnn.benchmark).

Each variant is timed twice: "device" by CUDA events around the evaluation with its images
on the device, "host" by the clock with the images coming from host memory and losses and
gradient going back to it, which is what reverie bench times. The variant "compile" runs
torch.compile; it may take minutes the first time, so give it a limit of its own.
Without a GPU it runs on the CPU, where "device" is the clock too.
Prints one JSON document. Needs peers.py beside it.
"""
import argparse, json, platform, statistics, sys, time
import torch
from peers import features, vgg


def strict(on):
    """Float32 proper, or TF32 where the GPU has it. The old switches work in every PyTorch."""
    torch.backends.cuda.matmul.allow_tf32 = not on
    torch.backends.cudnn.allow_tf32 = not on
    torch.set_float32_matmul_precision("highest" if on else "high")


def placed(layers, device, channels_last):
    out = []
    for kind, w, b in layers:
        if w is not None:
            w, b = w.to(device), b.to(device)
            if channels_last and kind == "conv":
                w = w.contiguous(memory_format=torch.channels_last)
        out.append((kind, w, b))
    return out


class Evaluation:
    def __init__(self, layers, batch, size, device, channels_last, compiled):
        self.layers = placed(layers, device, channels_last)
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        self.device = device
        rng = torch.Generator().manual_seed(1)
        image = lambda: torch.rand(batch, 3, size, size, generator=rng) * 255 - 117
        self.host = image().contiguous(memory_format=self.format)
        if device.type == "cuda":
            self.host = self.host.pin_memory()
        self.x = self.host.to(device, non_blocking=True).requires_grad_(True)
        with torch.no_grad():
            goal = image().contiguous(memory_format=self.format).to(device)
            self.targets = [f.clone() for f in features(self.layers, goal)]
            self.weights = [1 / t.flatten(1).square().sum(1) for t in self.targets]
        self.losses_of = torch.compile(self.losses) if compiled else self.losses

    def losses(self, x):
        fs = features(self.layers, x)
        return torch.stack([w * (f - t).flatten(1).square().sum(1) for f, t, w in zip(fs, self.targets, self.weights)], 1)

    def on_device(self):
        loss = self.losses_of(self.x)
        grad, = torch.autograd.grad(loss.sum(), self.x)
        return loss, grad

    def from_host(self):
        with torch.no_grad():
            self.x.copy_(self.host, non_blocking=True)
        loss, grad = self.on_device()
        return loss.detach().cpu(), grad.cpu()


def synchronize(device):
    if device.type == "cuda":
        torch.cuda.synchronize()


def clock(f, device, repeats):
    ts = []
    for _ in range(repeats):
        synchronize(device)
        t = time.perf_counter()
        f()
        synchronize(device)
        ts.append(time.perf_counter() - t)
    return ts


def events(f, repeats):
    pairs = [(torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)) for _ in range(repeats)]
    for a, b in pairs:
        a.record(); f(); b.record()
    torch.cuda.synchronize()
    return [a.elapsed_time(b) / 1e3 for a, b in pairs]


def summary(ts, batch):
    return {"median": statistics.median(ts) / batch, "min": min(ts) / batch, "max": max(ts) / batch}


def measure(variant, layers, batch, o, device):
    strict(variant != "tf32")
    e = Evaluation(layers, batch, o.size, device, variant in ("channels_last", "tf32"), variant == "compile")
    warm, n = time.perf_counter(), 0
    while n < 3 or (device.type == "cuda" and time.perf_counter() - warm < 1):
        e.from_host(); n += 1
        synchronize(device)
    row = {"variant": variant, "batch": batch, "float32": variant != "tf32", "repeats": o.repeats}
    device_times = events(e.on_device, o.repeats) if device.type == "cuda" else clock(e.on_device, device, o.repeats)
    row["device_s_per_image"] = summary(device_times, batch)
    row["host_s_per_image"] = summary(clock(e.from_host, device, o.repeats), batch)
    if batch == 1 and o.many:
        t = time.perf_counter()
        for _ in range(o.many):
            e.from_host()
        row["evaluations"], row["evaluations_s"] = o.many, time.perf_counter() - t
    if device.type == "cuda":
        row["peak_bytes"] = torch.cuda.max_memory_allocated()
    return row


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--batch", type=int, nargs="+", default=[1, 8])
    a.add_argument("--size", type=int, default=224)
    a.add_argument("--divisor", type=int, default=1, help="channels of VGG19 divided by this")
    a.add_argument("--repeats", type=int, default=20)
    a.add_argument("--many", type=int, default=200, help="evaluations of one image in a row; 0 is none")
    a.add_argument("--threads", type=int, default=0, help="of the CPU; 0 is PyTorch's choice")
    a.add_argument("--device", default="auto")
    a.add_argument("--variants", nargs="+", default=["contiguous", "channels_last", "tf32"],
                   choices=["contiguous", "channels_last", "tf32", "compile"])
    o = a.parse_args()
    if o.threads:
        torch.set_num_threads(o.threads)
    device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if o.device == "auto" else o.device)
    torch.backends.cudnn.benchmark = True
    doc = {"peer": f"PyTorch {torch.__version__}", "python": platform.python_version(), "device": str(device)}
    if device.type == "cuda":
        doc |= {"device": torch.cuda.get_device_name(device), "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}
    else:
        doc["threads"] = torch.get_num_threads()
    layers, doc["results"] = vgg(o.divisor, o.size), []
    for variant in o.variants:
        if variant == "tf32" and device.type != "cuda":
            continue
        for batch in o.batch:
            if device.type == "cuda":
                torch.cuda.reset_peak_memory_stats()
            try:
                row = measure(variant, layers, batch, o, device)
            except RuntimeError as e:  # too little memory, or a compiler that is missing
                row = {"variant": variant, "batch": batch, "error": str(e).strip().splitlines()[0]}
                print(f"gpu_peer: {variant}, batch {batch}: {row['error']}", file=sys.stderr)
            doc["results"].append(row)
    print(json.dumps(doc, indent=1))


if __name__ == "__main__":
    main()
