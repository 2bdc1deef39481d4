"""Times what Python's libraries take to read a file whole, for `reverie bench FILE --peer python3`.

    python3 load_peer.py FILE

BData and chunked features: h5py. PyTorch files: torch.load. Caffe models: google.protobuf cannot be counted on to be
there with Caffe's messages, so a plain read stands for it. Folders of .mat: scipy.io, h5py for version 7.3.
Once in a fresh process, as the program does: memory that was used before is several times faster to fill. The files
are in the system's cache, as for the program.
"""
import argparse, json, pathlib, time


def whole_h5(path):
    import h5py
    with h5py.File(path) as f:
        if "metadata" in f:  # BData: all of it, as bdpy needs it
            meta = [f["metadata"][k][()] for k in ("key", "description", "value")]
            vmap = {k: {n: v[()] for n, v in g.items()} for k, g in f["vmap"].items()} if "vmap" in f else {}
            return f["dataset"][:], meta, vmap
        for name in ("dataset", "dataSet", "features", "feat"):
            if name in f:
                return f[name][:]
        raise SystemExit(f"{path}: no dataset")


def folder(path):
    import scipy.io
    for p in sorted(pathlib.Path(path).rglob("*")):
        if p.suffix == ".h5":
            whole_h5(p)
        elif p.suffix == ".mat":
            try:
                scipy.io.loadmat(p)["feat"]
            except NotImplementedError:
                whole_h5(p)


def reader(path):
    p = pathlib.Path(path)
    if p.is_dir():
        return "scipy.io and h5py", lambda: folder(path)
    if p.suffix in (".h5", ".mat"):
        import h5py
        return f"h5py {h5py.__version__}", lambda: whole_h5(path)
    if p.suffix in (".pt", ".pth"):
        import torch
        return f"torch.load {torch.__version__}", lambda: torch.load(path, weights_only=True)
    return "a plain read in Python", lambda: p.read_bytes()


a = argparse.ArgumentParser()
a.add_argument("file")
name, read = reader(a.parse_args().file)
begun = time.perf_counter()
read()
print(json.dumps({"Name": name, "Seconds": time.perf_counter() - begun}))
