"""Makes the .npy, .npz and .mat files of this folder and what NumPy and SciPy read in them.

    python3 make.py [folder of third-party specimens]

Made with Python 3.11, NumPy 2.4.6, SciPy 1.17.1. matlab/ holds the MAT-files of SciPy's own tests,
most of them saved by MATLAB 4.2c to 8 on Linux, Solaris and Windows (BSD licence, beside them). SciPy
writes the time into the header of the .mat files it makes, so these bytes differ from run to run.

expect.json: for each file its arrays. A digest is the SHA-256 of the values in C order (last axis
fastest) as little-endian float64, int64 or complex128. specimens.json: the same for the specimens.
"""
import glob, hashlib, io, json, os, shutil, struct, sys, warnings, zipfile
import numpy as np
import scipy, scipy.io, scipy.sparse
from scipy.io.matlab import MatlabFunction, MatlabObject, MatlabOpaque, mat_struct

HERE = os.path.dirname(os.path.abspath(__file__))
warnings.simplefilter("ignore")


def digest(a):
    a = np.asarray(a)
    if a.dtype.kind == "c":
        kind, t = "complex128", "<c16"
    elif a.dtype.kind in "iub" and a.dtype != np.uint64:
        kind, t = "int64", "<i8"
    else:
        kind, t = "float64", "<f8"
    b = np.ascontiguousarray(a).astype(t)
    if kind != "int64":  # one NaN for all
        b = b + 0
        v = b.view("<f8") if b.ndim else b.reshape(1).view("<f8")
        v[np.isnan(v)] = np.nan
    return {"as": kind, "sha256": hashlib.sha256(b.tobytes()).hexdigest()}


# ---- npy -------------------------------------------------------------------------------------------

def npy_entry(a):
    e = {"dtype": a.dtype.str, "shape": list(a.shape)}
    if a.dtype.kind in "SU":
        e["strings"] = [x.decode("latin1") if isinstance(x, bytes) else str(x) for x in a.ravel()]
    else:
        e.update(digest(a))
    return e


def make_npy():
    rng = np.random.default_rng(4)
    arrays = {}
    for t in ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]:
        arrays["w_" + t] = np.arange(6).reshape(2, 3).astype(t)
        a = rng.standard_normal((3, 4, 5)) * 50
        if t[0] == "c":
            a = a + 1j * rng.standard_normal(a.shape)
        if t[0] == "u":
            a = abs(a)
        a = (a > 0) if t == "b1" else a.astype(t)
        arrays[t] = a
        arrays["big_" + t] = a.astype(np.dtype(t).newbyteorder(">"))
        arrays["fortran_" + t] = np.asfortranarray(a)
    arrays["i8_far"] = np.array([-2**63, 2**63 - 1, 2**53 + 1])
    arrays["u8_top"] = np.array([2**63, 2**64 - 2048], "u8")
    arrays["bytes"] = np.array([[b"abc", b"", b"d"], [b"ef", b"\xff", b"long one"]])
    arrays["text"] = np.array([["VC", "", "\u8996\u899a"], ["\U0001f9e0x", "fc6", "conv5_4"]])
    arrays["big_text"] = arrays["text"].astype(">U7")
    arrays["fortran_text"] = np.asfortranarray(arrays["text"])
    arrays["scalar"] = np.float32(2.5)
    arrays["empty"] = np.zeros((0, 3))
    arrays["empty2"] = np.zeros((5, 0), "f4", order="F")
    arrays["fortran_4d"] = np.asfortranarray(rng.standard_normal((2, 3, 1, 7)).astype("f4"))
    np.savez("stored.npz", **arrays)
    np.savez_compressed("deflated.npz", **arrays)
    expect = {"stored.npz": {k: npy_entry(np.asarray(a)) for k, a in arrays.items()}}
    expect["deflated.npz"] = expect["stored.npz"]
    expect["every half"] = digest(np.arange(65536, dtype=np.uint16).view(np.float16))
    one = {}
    for v in [(1, 0), (2, 0), (3, 0)]:
        name = "version%d.npy" % v[0]
        with open(name, "wb") as f:
            np.lib.format.write_array(f, arrays["f4"], v)
        one[name] = npy_entry(arrays["f4"])
    np.save("fortran_big.npy", np.asfortranarray(arrays["big_f8"]))
    one["fortran_big.npy"] = npy_entry(arrays["big_f8"])
    expect["npy"] = one
    np.save("object.npy", np.array([{"a": 1}, None], object), allow_pickle=True)
    np.save("structured.npy", np.array([(1, 2.0, b"x")], [("\u00e9", "<i4"), ("y", "<f8", (2,)), ("z", "S3")]))
    np.save("time.npy", np.array(["2019-01-14"], "M8[D]"))
    np.save("extended.npy", np.zeros(2, np.longdouble))
    expect["refused"] = {n: list(np.load(n, allow_pickle=True).shape) for n in
                         ["object.npy", "structured.npy", "time.npy", "extended.npy"]}
    return expect


# ---- mat -------------------------------------------------------------------------------------------

def tree(a):
    if scipy.sparse.issparse(a):
        d = {"kind": "sparse", "dims": list(a.shape)}
        d.update(digest(a.toarray().astype("c16" if a.dtype.kind == "c" else "f8")))
        return d
    if isinstance(a, MatlabFunction):
        return {"kind": "function_handle"}
    if isinstance(a, MatlabObject):
        return {"kind": "object", "class": a.classname, "dims": list(a.shape), "fields": list(a.dtype.names)}
    if isinstance(a, MatlabOpaque):
        return {"kind": "opaque"}
    a = np.asarray(a)
    if a.dtype.kind == "O" and a.ndim == 0:  # what SciPy knows no type for
        return {"kind": "other", "type": type(a.item()).__name__}
    d = {"dims": list(a.shape)}
    if a.dtype.kind in "US":
        d["kind"] = "char"
        flat = a.reshape(a.shape[0], -1) if a.size else np.zeros((0, 0), "U1")
        d["rows"] = ["".join(r) for r in flat]
    elif a.dtype.names is not None or a.dtype.kind == "V":
        d["kind"] = "struct"
        d["fields"] = list(a.dtype.names or [])
        d["items"] = [tree(e[n]) for e in a.ravel("F") for n in d["fields"]]
    elif a.dtype.kind == "O":
        d["kind"] = "cell"
        d["items"] = [tree(e) for e in a.ravel("F")]
    else:
        d["kind"] = "numeric"
        d.update(digest(a))
    return d


def mat_entry(path):
    try:
        who = scipy.io.whosmat(path, chars_as_strings=False)
        read = scipy.io.loadmat(path, chars_as_strings=False)
    except Exception as e:
        return {"error": type(e).__name__ + ": " + str(e)}
    return {"variables": [[n, list(s) if s is not None else None, c] for n, s, c in who],
            "trees": {k: tree(v) for k, v in read.items() if not k.startswith("__")}}


def make_mat():
    rng = np.random.default_rng(5)
    nan = rng.standard_normal((4, 3)); nan[1, 2] = np.nan; nan[0, 0] = np.inf
    cells = np.empty((2, 3), object)
    for i in range(6):
        cells.ravel()[i] = [np.arange(i + 1), "text %d" % i, np.float32(i)][i % 3]
    nested = {"name": "VC", "voxels": rng.standard_normal((3, 5)), "inner": {"deep": np.arange(4, dtype="i2"), "cell": cells}}
    array = np.zeros((2, 2), [("idx", object), ("label", object)])
    for i in range(4):
        array.ravel()[i] = (np.arange(i), "s%d" % i)
    v = {t: (rng.standard_normal((2, 3, 4)) * 50).astype(t) for t in ["f8", "f4", "i1", "i2", "i4", "i8"]}
    v.update({t: (abs(rng.standard_normal((2, 3, 4))) * 50).astype(t) for t in ["u1", "u2", "u4", "u8"]})
    v.update(nan=nan, c16=rng.standard_normal((3, 2)) + 1j * rng.standard_normal((3, 2)), c8=(np.eye(2) * 1j).astype("c8"),
             logical=np.array([[True, False, True]]), text="feat", rows=np.array(["one", "three"]), unicode="\u8996\u899a VC",
             brain="\U0001f9e0", cells=cells, nested=nested, array=array, empty=np.zeros((0, 3)), empty_text="",
             feat=rng.standard_normal((1, 4, 6, 5)).astype("f4"), scalar=7.25,
             sparse=scipy.sparse.random(6, 5, 0.3, random_state=1, format="csc"),
             csparse=(scipy.sparse.random(4, 7, 0.3, random_state=2) * (1 + 2j)).tocsc(),
             lsparse=(scipy.sparse.random(4, 7, 0.3, random_state=3) != 0).tocsc())
    scipy.io.savemat("plain.mat", v)
    scipy.io.savemat("packed.mat", v, do_compression=True)
    simple = {k: np.atleast_2d(v[k]) for k in ["f8", "f4", "i2", "i4", "u1", "u2"]}
    simple = {k: a.reshape(6, 4) for k, a in simple.items()}
    simple.update(c16=v["c16"], text="feat", rows=v["rows"], sparse=v["sparse"], csparse=v["csparse"])
    scipy.io.savemat("level4.mat", simple, format="4")
    # What Write is held against, byte by byte behind the header: see write_test.go.
    ramp = np.arange(24, dtype="f8").reshape((2, 3, 4), order="F")
    w = {"double": ramp, "single": ramp.astype("f4"), "bytes": ramp.astype("u1")[:1, :3, 0], "flag": np.array([[True], [False]]),
         "z": np.array([[1 + 2j, 3 - 4j]]), "s": {"a": ramp[:, :, 0], "longer_name": np.float64(3)}}
    cell = np.empty((1, 2), object); cell[0, 0] = np.float64(1); cell[0, 1] = ramp[:, :, 1].astype("i4")
    w["c"] = cell
    w["t"] = "feat"; w["u"] = "\u8996\u899a \U0001f9e0"
    scipy.io.savemat("written.mat", w, format="5")
    expect = {n: mat_entry(n) for n in ["plain.mat", "packed.mat", "level4.mat", "written.mat"]}
    src = os.path.join(os.path.dirname(scipy.io.matlab.__file__), "tests", "data")
    os.makedirs("matlab", exist_ok=True)
    if os.path.isdir(src):
        for p in glob.glob(os.path.join(src, "*.mat")):
            shutil.copyfile(p, os.path.join("matlab", os.path.basename(p)))
    for p in sorted(glob.glob("matlab/*.mat")):
        expect[p] = mat_entry(p)
    return expect


def specimens(root):
    out = {"npy": {}, "npz": {}, "mat": {}}
    for p in sorted(glob.glob(root + "/**/*", recursive=True)):
        rel = os.path.relpath(p, root)
        if p.endswith(".npy"):
            out["npy"][rel] = npy_entry(np.load(p))
        elif p.endswith(".npz"):
            z = np.load(p)
            out["npz"][rel] = {k: npy_entry(z[k]) for k in z}
        elif p.endswith(".mat"):
            out["mat"][rel] = mat_entry(p)
    return out


def dump(name, x):
    with open(name, "w") as f:
        json.dump(x, f, separators=(",", ":"), sort_keys=True)
        f.write("\n")


if __name__ == "__main__":
    roots = [os.path.abspath(r) for r in sys.argv[1:]]
    os.chdir(HERE)
    with open(os.path.join(os.path.dirname(scipy.__file__) + "-" + scipy.__version__ + ".dist-info", "LICENSE.txt")) as f:
        licence = f.read().split("\n----\n")[0]  # SciPy's own, before those of what its binaries bundle
    os.makedirs("matlab", exist_ok=True)
    with open("matlab/LICENSE", "w") as f:
        f.write(licence)
    dump("expect.json", {"npy": make_npy(), "mat": make_mat()})
    for root in roots:
        dump("specimens.json", specimens(root))
