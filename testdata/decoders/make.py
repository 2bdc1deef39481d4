"""Makes model folders of decoders in every form that the lab's scripts leave, with the packages that the scripts use, and
expected.json: what bdpy's ModelTest predicts with them.

Versions: bdpy 0.26, fastl2lir 0.11, scikit-learn 1.9.1, hdf5storage 0.2.2, SciPy 1.17.1, h5py 3.16.0, NumPy 2.2.6 (fastl2lir needs 2.0 to 2.3).
Run in this folder: python3 make.py [folder of bdpy's own test models]
With the argument it also writes real.json, the same of bdpy's published test models (MIT licence), and what NumPy finds in the
arrays of the pickles beside them.

The samples of expected.json are the unit vectors of the voxels, zeros, and two drawn ones: every weight and bias shows.
Predictions are by rows of samples, units in C order, before y_norm and y_mean.
"""
import contextlib
import gzip
import io
import json
import os
import pickle
import re
import shutil
import sys
import tempfile
import warnings

import bdpy.ml.learning as learning
import h5py
import hdf5storage
import numpy as np
import scipy.io as sio
import scipy.sparse as sp
from bdpy.dataform import load_array, save_array
from bdpy.ml import ModelTest, ModelTraining
from fastl2lir import FastL2LiR
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

warnings.filterwarnings("ignore")
rng = np.random.default_rng(20190114)
N, V = 40, 12
X = rng.standard_normal((N, V)) * 3 + 1
YF = X @ rng.standard_normal((V, 5)) + rng.standard_normal((N, 5))
YC = np.tensordot(X, rng.standard_normal((V, 3, 4, 2)), 1) + rng.standard_normal((N, 3, 4, 2))
ZF, ZC = [(y - y.mean(0)) / y.std(0, ddof=1) for y in (YF, YC)]
Z = (X - X.mean(0)) / X.std(0, ddof=1)
DRAWN = np.round(rng.standard_normal((2, V)), 3)
TEST = np.vstack([np.eye(V), np.zeros((1, V)), DRAWN])
out = {}


def train(folder, model, x, y, chunk=None, fmt="bdmodel", dtype=np.float32, protocol=None, normal=None, **par):
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as tmp, contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        t = ModelTraining(model, x.copy(), y.copy())
        t.id = folder.replace("/", "-")
        t.model_parameters, t.dtype, t.chunk_axis, t.save_format = par, dtype, chunk, fmt
        t.save_path = os.path.join(tmp, "model")
        if protocol is not None:
            t._ModelTraining__pickle_protocol = protocol
        if normal:
            t.X_normalize, t.Y_normalize = normal
        t.run()
        shutil.copytree(t.save_path, folder)


def test(folder, fmt="bdmodel", chunk=None, x=TEST, path=None, **par):
    with contextlib.redirect_stdout(io.StringIO()):
        t = ModelTest(FastL2LiR(), x)
        t.model_format, t.model_path, t.chunk_axis, t.dtype = fmt, path or folder, chunk, np.float64
        t.model_parameters = par
        return t.run()


def note(folder, shape, p, voxels=V, **more):
    out[folder] = dict(voxels=voxels, shape=list(shape), predictions=[float(v) for v in np.asarray(p, "f8").reshape(len(p), -1).ravel()], **more)


def weights(w, b, folder, write):
    """A folder of W.mat, written by write(path, name, array), and a plain b.mat."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    write(folder + "/W.mat", "W", w)
    if not os.path.exists(folder + "/b.mat"):
        save_array(folder + "/b.mat", b, key="b", dtype=np.float32)
    note(folder, w.shape[1:], np.tensordot(TEST, w.astype("f8"), 1) + b)


def plain(path, name, a):
    with h5py.File(path, "w") as f:
        f[name] = a


def julia(transpose, dtype="i8"):
    def write(path, name, a):
        i = np.where(a != 0)
        with h5py.File(path, "w") as f:
            g = f.create_group(name)
            m = np.stack(i).astype(dtype)
            g["__bdpy_sparse_arrray"], g["background"], g["shape"], g["value"] = 1, 0, np.array(a.shape), a[i]
            g["index"] = m.T if transpose else m
    return write


def struct5(path, name, a):
    i = np.where(a != 0)
    t = [("__bdpy_sparse_arrray", "O"), ("background", "O"), ("index", "O"), ("shape", "O"), ("value", "O")]
    cell = np.empty(a.ndim, "O")
    cell[:] = [v.astype("i8") for v in i]
    s = np.array([[(1, 0, cell, np.array(a.shape), a[i])]], dtype=t)
    sio.savemat(path, {name: s}, do_compression=True)


def sparse73(path, name, a):
    """MATLAB's sparse matrix of version 7.3."""
    s = sp.csc_matrix(a)
    with h5py.File(path, "w") as f:
        g = f.create_group(name)
        g.attrs["MATLAB_class"], g.attrs["MATLAB_sparse"] = np.bytes_("double"), np.uint64(a.shape[0])
        g["ir"], g["jc"], g["data"] = s.indices.astype("u8"), s.indptr.astype("u8"), s.data.astype("f8")


# What bdpy's ModelTraining writes.
for dtype in (np.float32, np.float64):
    name = "bd-fc" + ("" if dtype == np.float32 else "-f8")
    train(name, FastL2LiR(), Z, ZF, alpha=100, n_feat=5, dtype=dtype)
    note(name, (5,), test(name))
train("bd-conv", FastL2LiR(), Z, ZC, chunk=1, alpha=100, n_feat=5)
note("bd-conv", (3, 4, 2), test("bd-conv", chunk=1))
train("bd-conv-whole", FastL2LiR(), Z, ZC, alpha=100, n_feat=5)
note("bd-conv-whole", (3, 4, 2), test("bd-conv-whole"))
train("pkl-fc", FastL2LiR(), Z, ZF, fmt="pickle", alpha=10, n_feat=5)
note("pkl-fc", (5,), test("pkl-fc", "pickle"))
train("pkl-conv", FastL2LiR(), Z, ZC, chunk=1, fmt="pickle", alpha=10, n_feat=5, protocol=5)
note("pkl-conv", (3, 4, 2), test("pkl-conv", "pickle", 1))
train("pkl-conv-whole", FastL2LiR(), Z, ZC, fmt="pickle", alpha=10, dtype=np.float64)
note("pkl-conv-whole", (3, 4, 2), test("pkl-conv-whole", "pickle"))
train("pkl-conv-old", FastL2LiR(), Z, ZC, fmt="pickle", alpha=10, n_feat=5, protocol=2)
note("pkl-conv-old", (3, 4, 2), test("pkl-conv-old", "pickle"))
train("pkl-chosen", FastL2LiR(), Z, ZC, fmt="pickle", alpha=10, n_feat=5, select_sample="remove_nan", spatial_norm="std1mean0", dtype=np.float64)
note("pkl-chosen", (3, 4, 2), test("pkl-chosen", "pickle"), x=[float(v) for v in DRAWN.ravel()],
     spatial="std1mean0", normalised=[float(v) for v in test("pkl-chosen", "pickle", x=DRAWN, spatial_norm="std1mean0").ravel()])
train("pkl-linear", LinearRegression(), Z, ZC, fmt="pickle", dtype=np.float64)
note("pkl-linear", (3, 4, 2), test("pkl-linear", "pickle"))
train("pkl-ridge", Ridge(alpha=2.5, fit_intercept=False), Z, ZF, fmt="pickle", dtype=np.float32)
note("pkl-ridge", (5,), test("pkl-ridge", "pickle"))

# Really compressed, the model without the dictionary, and one unit of a model without the axis of units.
os.makedirs("pkl-gzip", exist_ok=True)
one = FastL2LiR()
with contextlib.redirect_stderr(io.StringIO()):
    one.fit(Z, ZC, alpha=3, n_feat=4)
with open("pkl-gzip/model.pkl.gz", "wb") as f:
    f.write(gzip.compress(pickle.dumps(one, protocol=4), mtime=0))
note("pkl-gzip", (3, 4, 2), one.predict(TEST))
os.makedirs("pkl-big-endian", exist_ok=True)
for k in ("W", "b"):
    a = getattr(one, k)
    setattr(one, k, a.astype(a.dtype.newbyteorder(">")))
with open("pkl-big-endian/model.pkl.gz", "wb") as f:
    pickle.dump(one, f, protocol=4)
note("pkl-big-endian", (3, 4, 2), one.predict(TEST))
os.makedirs("pkl-one", exist_ok=True)
one = LinearRegression().fit(Z, ZF[:, 0])
with open("pkl-one/model.pkl.gz", "wb") as f:
    pickle.dump({"model": one, "y_shape": (1,)}, f, protocol=4)
note("pkl-one", (1,), one.predict(TEST).reshape(-1, 1))

# Other containers of the same arrays.
WF, WC = load_array("bd-fc/W.mat", key="W").astype("f4"), load_array("bd-conv-whole/W.mat", key="W").astype("f4")
bF, bC = load_array("bd-fc/b.mat", key="b").astype("f4"), load_array("bd-conv-whole/b.mat", key="b").astype("f4")
mat5 = lambda path, name, a: sio.savemat(path, {name: a}, do_compression=True)
weights(WC, bC, "dense-5", mat5)
weights(WC, bC, "dense-73", lambda path, name, a: save_array(path, a, key=name, dtype=np.float64))
weights(WC, bC, "dense-hdf5", plain)
weights(WC, bC, "sparse-julia", julia(False))
weights(WC, bC, "sparse-julia-turned", julia(True, "f8"))
weights(WC, bC, "sparse-5", struct5)
weights(WF, bF, "matlab-5", lambda path, name, a: sio.savemat(path, {name: sp.csc_matrix(a.astype("f8"))}))
weights(WF, bF, "matlab-73", sparse73)
weights(np.zeros_like(WC), bC, "zero", lambda path, name, a: save_array(path, a, key=name, dtype=np.float32, sparse=True))
sio.savemat("dense-5/b.mat", {"b": bC.astype("f8")})
plain("dense-hdf5/b.mat", "b", bC)
save_array("sparse-julia/b.mat", bC, key="b", dtype=np.float32, sparse=True)

# As the scripts do it, norms and all: <roi>/model beside norms, one unit that never varies.
YC[:, 1, 2, 1] = 7
mean, norm = [f(YC)[np.newaxis].astype("f4") for f in (lambda y: y.mean(0), lambda y: y.std(0, ddof=1))]
xm, xn = [f(X)[np.newaxis].astype("f4") for f in (lambda x: x.mean(0), lambda x: x.std(0, ddof=1))]
train("scripts/model", FastL2LiR(), X, YC, chunk=1, alpha=100, n_feat=5,
      normal=({"mean": xm, "std": xn}, {"mean": mean, "std": norm}))
for name, a in (("x_mean", xm), ("x_norm", xn), ("y_mean", mean), ("y_norm", norm)):
    save_array("scripts/" + ("model/" if name[0] == "x" else "") + name + ".mat", a, key=name, dtype=np.float32)
raw = np.round(rng.standard_normal((3, V)) * 3 + 1, 3)
z = (raw - load_array("scripts/model/x_mean.mat", key="x_mean")) / load_array("scripts/model/x_norm.mat", key="x_norm")
p = test("scripts/model", chunk=1, x=z) * norm + mean
assert np.isnan(p[:, 1, 2, 1]).all() and np.isnan(p).sum() == 3
p[:, 1, 2, 1] = 7  # bdpy answers NaN for the unit that never varies
note("scripts", (3, 4, 2), p, x=[float(v) for v in raw.ravel()], x_mean=[float(v) for v in xm.ravel()], x_norm=[float(v) for v in xn.ravel()],
     y_mean=[float(v) for v in mean.ravel()], y_norm=[float(v) for v in norm.ravel()])

json.dump(dict(drawn=[float(v) for v in DRAWN.ravel()], folders=out), open("expected.json", "w"), separators=(",", ":"))

if len(sys.argv) > 1:
    out = {}
    for name in sorted(os.listdir(sys.argv[1])):
        pk = os.path.exists(f"{sys.argv[1]}/{name}/model.pkl.gz") or os.path.exists(f"{sys.argv[1]}/{name}/00000000.pkl.gz")
        chunk = 1 if "-chunk" in name else None
        x = np.zeros((3, 500))
        x[0], x[1], x[2, 7] = np.arange(500) % 7 - 3, (np.arange(500) * 37 % 11) / 5 - 1, 1
        p = test(name, "pickle" if pk else "bdmodel", chunk, x=x, path=f"{sys.argv[1]}/{name}")
        note(name, p.shape[1:], p, voxels=500)
    # bdpy's pickles of arrays: their shape, how many numbers are NaN, and sums that show the order of the others.
    arrays = {}
    for name in ("testdata-2d.pkl.gz", "testdata-2d-nan.pkl.gz"):
        with open(f"{sys.argv[1]}/../{name}", "rb") as f:
            for key, a in pickle.load(f).items():
                v = a.astype("f4").astype("f8").ravel()
                arrays[f"{name} {key}"] = dict(shape=list(a.shape), nan=int(np.isnan(v).sum()), sum=float(np.nansum(v)), turn=float(np.nansum(v * np.arange(v.size))))
    json.dump(dict(folders=out, arrays=arrays), open("real.json", "w"), separators=(",", ":"))

# Files that claim far more than they hold: 2^40 entries, and a dense W of 2^43 numbers.
for name in ("claims-sparse", "claims-dense"):
    os.makedirs("hostile/" + name, exist_ok=True)
    with h5py.File(f"hostile/{name}/b.mat", "w") as f:
        f.create_dataset("b", (1, 1 << 20), "f4", chunks=(1, 1 << 16))
    with h5py.File(f"hostile/{name}/W.mat", "w") as f:
        if name == "claims-dense":
            f.create_dataset("W", (1 << 23, 1 << 20), "f4", chunks=(64, 64))
            continue
        g = f.create_group("W")
        g["__bdpy_sparse_arrray"], g["background"], g["shape"] = 1, 0, np.array([1 << 23, 1 << 20])
        g.create_dataset("value", (1 << 40,), "f4", chunks=(1 << 16,))
        g.create_dataset("index", (2, 1 << 40), "i8", chunks=(1, 1 << 16))

# Pickles that are no decoders. The first would run a command if it were unpickled.
class Evil:
    def __reduce__(self):
        return os.system, ("echo run > ran",)


outside = FastL2LiR(np.ones((V, 2)), np.zeros((1, 2)))
outside._FastL2LiR__S = np.zeros((V, 2), bool)
whole = FastL2LiR(np.ones((V, 2), "i4"), np.zeros((1, 2)))
for name, o in (("evil", Evil()), ("evil-model", {"model": Evil(), "y_shape": (5,)}), ("untrained", {"model": FastL2LiR(), "y_shape": (5,)}),
                ("no-shape", {"model": one}), ("no-model", {"y_shape": (5,)}), ("other-shape", {"model": FastL2LiR(np.ones((V, 5)), np.ones((1, 5))), "y_shape": (5, 2)}),
                ("many", {"model": one, "y_shape": (1 << 30, 1 << 30)}), ("outside", outside), ("integers", whole),
                ("biases", FastL2LiR(np.ones((V, 5)), np.ones((1, 4)))), ("classifier", {"model": LogisticRegression().fit(Z, ZF[:, 0] > 0), "y_shape": (1,)}),
                ("nothing", [1, 2]), ("vector", FastL2LiR(np.ones(V), np.ones((1, 1)))), ("infinite", FastL2LiR(np.full((V, 1), 1e300), np.ones((1, 1))))):
    os.makedirs("hostile/" + name, exist_ok=True)
    with open(f"hostile/{name}/model.pkl.gz", "wb") as f:
        pickle.dump(o, f, protocol=4)

# No times: the banners of MAT-files say when they were made.
for at, _, files in os.walk("."):
    for path in (os.path.join(at, f) for f in files if f.endswith(".mat")):
        raw = open(path, "rb").read()
        head = re.sub(rb"Created on: .{24}", b"Created on: Mon Nov 23 00:00:00 2026", raw[:116], flags=re.S)
        assert len(head) == min(116, len(raw))
        open(path, "wb").write(head + raw[116:])
