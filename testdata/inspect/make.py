"""Makes expect.json: shapes and first values of the arrays in the specimens, as NumPy, SciPy, h5py, PyTorch,
pickle, Pillow and csv read them.

    python3 make.py FOLDER_OF_THE_SPECIMENS

MATLAB's arrays are given in MATLAB's order, the first axis fastest; all others in C order. Of every file the
names are those that `reverie info --at` takes.
"""
import csv, json, os, pickle, sys
import h5py, numpy as np, scipy.io, torch
from PIL import Image

FIRST = 5
root = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
out = {}


def entry(a, order="C"):
    a = np.asarray(a)
    v = a.ravel(order=order)[:FIRST]
    return {"shape": list(a.shape), "first": [repr(float(x)) for x in v]}


def put(path, **arrays):
    out[path] = arrays


for folder, _, files in sorted(os.walk(root)):
    for name in sorted(files):
        path = os.path.join(folder, name)
        rel = os.path.relpath(path, root).replace(os.sep, "/")
        ext = os.path.splitext(name)[1]
        if ext == ".npy":
            put(rel, array=entry(np.load(path)))
        elif ext == ".npz":
            z = np.load(path)
            put(rel, **{k: entry(z[k]) for k in z.files if z[k].dtype.kind in "fiu"})
        elif ext == ".mat":
            try:
                m = scipy.io.loadmat(path)
                put(rel, **{k: entry(v, "F") for k, v in m.items() if not k.startswith("__") and v.dtype.kind in "fiu"})
            except (NotImplementedError, ValueError):  # version 7.3, or HDF5 without its header: the axes stand reversed
                got = {}

                def visit(n, o):
                    if isinstance(o, h5py.Dataset) and o.dtype.kind in "fiu" and not n.startswith("#") and "MATLAB_class" in o.attrs:
                        if o.attrs["MATLAB_class"] in (b"double", b"single") and "MATLAB_empty" not in o.attrs:
                            got[n] = {"shape": list(o.shape[::-1]), "first": [repr(float(x)) for x in o[()].ravel()[:FIRST]]}

                with h5py.File(path) as h:
                    h.visititems(visit)
                    if not got:
                        got = {n: entry(o[()]) for n, o in h.items() if isinstance(o, h5py.Dataset)}
                put(rel, **got)
        elif ext == ".h5":
            got = {}
            with h5py.File(path) as h:
                h.visititems(lambda n, o: got.update({n: entry(o[()])}) if isinstance(o, h5py.Dataset) and o.dtype.kind in "fiu" else None)
            put(rel, **got)
        elif ext == ".pth":
            put(rel, **{k: entry(v.numpy()) for k, v in torch.load(path, map_location="cpu").items()})
        elif name == "options.pkl":
            d = pickle.load(open(path, "rb"), encoding="latin1")
            put(rel, **{"value/" + k: {"shape": [], "first": [repr(float(v))]} for k, v in d.items() if isinstance(v, (int, float)) and not isinstance(v, bool)})
        elif rel.startswith("bdpy/tests/data/testdata-2d"):
            d = pickle.load(open(path, "rb"))
            put(rel, **{"value/" + k: entry(v) for k, v in d.items()})
        elif "/act_range/" in rel and ext == ".txt":
            put(rel, bounds=entry(np.array(open(path).read().split(), float)))
        elif ext in (".png", ".jpg"):
            put(rel, size=list(Image.open(path).size))
        elif ext in (".csv", ".tsv"):
            rows = list(csv.reader(open(path), delimiter="\t" if ext == ".tsv" else ","))
            put(rel, rows=len(rows), columns=len(rows[0]))

json.dump(out, open(os.path.join(here, "expect.json"), "w"), indent=0, sort_keys=True)
print(len(out), "files,", sum(len(v) for v in out.values()), "arrays")
