"""Joins what scripts/gpu-bench.sh measured into gpu-bench.json and gpu-bench.md.

Usage: gpu-bench.py FOLDER [--peak TFLOPS] [--small] [--seconds N]
Reads steps.tsv and step-NAME.out/.log in the folder. What is missing is left empty
and said. Standard library only.
"""
import argparse, json, os, platform, re

# Float32 peak in TFLOP/s by part of the GPU's name, from the makers' data sheets,
# without tensor cores and at boost clock; longer names first.
PEAKS = {
    "H100 PCIe": 51.2, "H100": 67, "H200": 67, "GH200": 67, "A100": 19.5, "L40S": 91.6, "L40": 90.5, "L4": 30.3,
    "A10": 31.2, "T4": 8.1, "V100": 15.7, "RTX A6000": 38.7, "RTX 6000 Ada": 91.1, "RTX 5090": 104.8, "RTX 4090": 82.6,
    "RTX 4080": 48.7, "RTX 4070": 29.1, "RTX 4060": 15.1, "RTX 3090": 35.6, "RTX 3080": 29.8, "RTX 3070": 20.3, "RTX 3060": 12.7,
    "RTX 2080 Ti": 13.4, "GTX 1080 Ti": 11.3, "RX 7900 XTX": 61.4, "RX 6800 XT": 20.7, "RX 580": 6.2, "Arc A770": 19.7,
}

def peak_of(name):
    for part in sorted(PEAKS, key=len, reverse=True):
        if re.search(r"\b" + re.escape(part) + r"(?![0-9])", name or ""):
            return PEAKS[part]
    return None

def table(head, rows):
    line = lambda cells: "| " + " | ".join("" if c is None else str(c) for c in cells) + " |"
    return "\n".join([line(head), line(["---"] * len(head))] + [line(r) for r in rows]) + "\n"

def ms(seconds):
    return None if seconds is None else f"{1e3 * seconds:.2f}"

def get(d, *keys):
    for k in keys:
        d = d.get(k) if isinstance(d, dict) else None
    return d

class Report:
    def __init__(self, folder):
        self.folder, self.steps = folder, []
        for line in self.read("steps.tsv").splitlines():
            name, status, seconds, command = line.split("\t", 3)
            step = {"name": name, "status": int(status), "seconds": int(seconds), "command": command}
            if step["status"] == 124 or step["status"] == 137:
                step["failure"] = "took too long and was stopped"
            elif step["status"]:
                said = [l for l in self.read(f"step-{name}.log").splitlines() if l.strip() and not l.startswith("Try: ")]
                step["failure"] = said[-1] if said else f"exit status {status}"
            out = self.read(f"step-{name}.out")
            try:
                step["result"] = json.loads(out)
            except ValueError:
                step["output"] = out
            self.steps.append(step)

    def read(self, name):
        try:
            with open(os.path.join(self.folder, name), encoding="utf-8", errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def result(self, name):
        return next((s.get("result") for s in self.steps if s["name"] == name and isinstance(s.get("result"), dict)), {})

    def rows(self, name):
        return {r["batch"]: r for r in self.result(name).get("results", []) if "error" not in r}

def speed(report):
    """One evaluation: ours untuned, tuned and exact, and the best of PyTorch in float32, per image."""
    ours = {n: report.rows(n) for n in ("untuned", "tuned", "exact")}
    peers = {}
    for r in report.result("peer").get("results", []) + report.result("compiled").get("results", []):
        if "error" not in r:
            peers.setdefault(r["batch"], {})[r["variant"]] = r
    rows, table_rows = [], []
    for b in sorted(set().union(*ours.values(), peers)):
        median = {n: get(v, b, "evaluate_s_per_image", "median") for n, v in ours.items()}
        plain = {v: get(r, "host_s_per_image", "median") for v, r in peers.get(b, {}).items() if r["float32"] and v != "compile"}
        best = min(plain, key=plain.get) if plain else None
        row = {"batch": b, **median, "peer": plain.get(best), "peer_variant": best,
               "peer_device": get(peers.get(b, {}), best, "device_s_per_image", "median"),
               "peer_compile": get(peers.get(b, {}), "compile", "host_s_per_image", "median"),
               "peer_tf32": get(peers.get(b, {}), "tf32", "host_s_per_image", "median")}
        mine = row["tuned"] or row["untuned"]
        row["ratio"] = mine / row["peer"] if mine and row["peer"] else None
        rows.append(row)
        table_rows.append([b, ms(row["untuned"]), ms(row["tuned"]), ms(row["exact"]), ms(row["peer"]), best, ms(row["peer_device"]),
                           ms(row["peer_compile"]), ms(row["peer_tf32"]), row["ratio"] and f"{row['ratio']:.2f}"])
    head = ["B", "Reverie untuned", "tuned", "exact", "PyTorch float32", "layout", "on the device alone", "torch.compile", "TF32 (no float32)", "ours / PyTorch"]
    return rows, table(head, table_rows)

def kernels(rows, peak):
    """GFLOP/s per layer and direction for each batch, and the fraction of the peak."""
    batches, labels, cells = sorted(rows), [], {}
    for b in batches:
        for k in rows[b].get("kernels") or []:
            if k.get("gflop"):
                if k["label"] not in labels:
                    labels.append(k["label"])
                cells[k["label"], b] = k
    head = ["kernel"] + [h for b in batches for h in (f"B={b}: ms", "GFLOP/s", "of peak")]
    out = []
    for l in labels:
        line = [l]
        for b in batches:
            k = cells.get((l, b))
            line += [ms(k["seconds"]), f"{k['gflops']:.0f}", f"{100 * k['gflops'] / 1e3 / peak:.0f} %" if peak else None] if k else [None] * 3
        out.append(line)
    return table(head, out) if labels else "No step gave times per kernel.\n"

def middle(rows, peak):
    """conv2 to conv4 together, both directions, at the largest batch: (batch, GFLOP/s, text)."""
    if not rows:
        return None
    b = max(rows)
    ks = [k for k in rows[b].get("kernels") or [] if re.match(r"conv[234]_", k["label"]) and k.get("gflop")]
    seconds = sum(k["seconds"] for k in ks)
    if not seconds:
        return None
    g = sum(k["gflop"] for k in ks) / seconds
    return {"batch": b, "gflops": g, "of_peak": g / 1e3 / peak if peak else None,
            "text": f"{g:.0f} GFLOP/s at B={b}" + (f", {100 * g / 1e3 / peak:.0f} % of peak" if peak else "")}

def verdict(doctor):
    if "tests" not in doctor:
        return "no self-test" if doctor else "not done"
    n = len(doctor["tests"])
    return f"{n - doctor['failed']} of {n} checks passed"

def main():
    a = argparse.ArgumentParser()
    a.add_argument("folder")
    a.add_argument("--peak", type=float)
    a.add_argument("--small", action="store_true")
    a.add_argument("--seconds", type=int, default=0)
    o = a.parse_args()
    r = Report(o.folder)
    bench = r.result("tuned") or r.result("untuned")
    device = bench.get("device")
    peak = o.peak or peak_of(device)
    rows, speed_table = speed(r)
    many = r.result("many")
    def start(step):
        row = next(iter(r.rows(step).values()), {})
        return f"{row['compile_s']:.2f} s, then {row['first_evaluation_s']:.2f} s for the first evaluation" if "compile_s" in row else "not measured"
    overhead = next((s.get("output", "") for s in r.steps if s["name"] == "overhead"), "")
    overhead = re.search(r"([0-9.]+) ms/evaluation", overhead)
    doc = {
        "device": device, "peak_tflops": peak, "small": o.small, "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "peer": {k: v for k, v in r.result("peer").items() if k != "results"}, 
        "self_test": verdict(r.result("doctor")),
        "conv2_to_conv4": middle(r.rows("tuned") or r.rows("untuned"), peak), "conv2_to_conv4_exact": middle(r.rows("exact"), peak),
        "evaluation_s_per_image": rows, "host_overhead_ms": float(overhead.group(1)) if overhead else None,
        "many": {"evaluations": many.get("evaluations"), "seconds": many.get("evaluations_s")}, "seconds": o.seconds, "steps": r.steps,
    }
    peer = doc["peer"]
    text = [f"# Reverie on {device}\n" if device else "# Reverie: no GPU was timed\n",
            f"{doc['system']}; peak {f'{peak:g} TFLOP/s (float32)' if peak else 'unknown: give it with --peak'}; "
            + (f"{peer['peer']} on {peer.get('device')}, CUDA {peer.get('cuda', '-')}, cuDNN {peer.get('cudnn', '-')}" if peer.get("peer") else "no numbers of the peer, PyTorch: see the steps")
            + f". Everything took {o.seconds} s: `scripts/gpu-bench.sh{' --small' if o.small else ''}`.\n",
            "**Reduced size (--small): these numbers try the script, they compare with nothing.**\n" if o.small else "",
            "## One evaluation, milliseconds per image\n",
            "Medians, images from host memory and gradient back to it; PyTorch in the better of its two layouts.\n", speed_table,
            "## Kernels" + (", tuned" if r.rows("tuned") else "") + "\n",
            "Work counted as that of direct convolution; with Winograd a kernel may do more per second than the peak.\n",
            kernels(r.rows("tuned") or r.rows("untuned"), peak),
            "## Kernels, exact: direct convolutions alone\n", kernels(r.rows("exact"), peak),
            "## More\n", table(["what", "measured", "aim (H100)"], [
                ["conv2 to conv4", get(doc, "conv2_to_conv4", "text"), None],
                ["conv2 to conv4, direct convolutions alone", get(doc, "conv2_to_conv4_exact", "text"), "at least 40 % of peak at B=8"],
                [f"{many.get('evaluations') or 200} evaluations of one image", f"{many['evaluations_s']:.3f} s" if many.get("evaluations_s") else "not measured", "200 under 0.8 s"],
                ["host overhead of one evaluation", f"{doc['host_overhead_ms']:.3f} ms" if overhead else "not measured", "under 0.3 ms"],
                ["start without cache, first batch size", start("untuned"), "under 15 s"],
                ["start with cache", start("tuned"), None],
                ["self-test (reverie doctor)", doc["self_test"], "all"],
                ["plans", "; ".join(f"B={b}: {x.get('plan_hash')}, {x.get('plan')}" for b, x in r.rows("tuned").items()), None],
            ]),
            "## Steps\n", table(["step", "seconds", "command", "failure"], [[s["name"], s["seconds"], f"`{s['command']}`", s.get("failure")] for s in r.steps])]
    for name, content in (("gpu-bench.json", json.dumps(doc, indent=1) + "\n"), ("gpu-bench.md", "\n".join(t for t in text if t))):
        path = os.path.join(o.folder, name)
        with open(path + ".part", "w", encoding="utf-8") as f:
            f.write(content)
        os.replace(path + ".part", path)
    print("\n" + speed_table)

main()
