"""Makes the MAT-files of version 7.3 in this folder and what h5py reads in them (expect.json, real.json).

Run in this folder: python3 make.py [FOLDER OF THE REAL FILES]
Made with Python 3.11, NumPy, h5py 3.16, hdf5storage 0.2.2, mat73 0.65 (all of PyPI).

matlab.mat   by MATLAB's rules, with h5py: no MATLAB was at hand. mat73 and hdf5storage read it here and
             must find the same numbers and texts (the assertions at the end).
storage.mat  by hdf5storage.savemat (matlab_compatible=True); its loadmat must give back what was put in
column.mat   the same with oned_as="column", as bdpy saves: text stands upright then, which loadmat cannot read back
hostile.mat  by h5py: files that no program writes (hostile.py)

A tree says of an array: class, dims (of MATLAB), numbers in column-major order (fields re, im; of more than
64 the SHA-256 of the little-endian doubles or 64-bit integers), rows of text, fields, items (all fields of the first element, of the
second ...), entries of sparse arrays.
"""
import hashlib
import json
import os
import sys

import h5py
import hdf5storage
import mat73
import numpy as np

from hostile import hostile

REFS = "#refs#"


def objects(values):
    out = np.empty(len(values), dtype=object)
    for i, v in enumerate(values):
        out[i] = v
    return out


class Writer:
    """Writes arrays as MATLAB does: axes reversed, classes as attributes, cells as references."""

    def __init__(self, f):
        self.f, self.count = f, 0

    def attrs(self, o, name, **more):
        o.attrs["MATLAB_class"] = np.bytes_(name)
        for k, v in more.items():
            o.attrs["MATLAB_" + k] = v
        return o

    def fields(self, g, names):
        g.attrs.create("MATLAB_fields", objects([np.array([c.encode() for c in n], "S1") for n in names]), dtype=h5py.vlen_dtype("S1"))

    def new(self):
        self.count += 1
        return f"{REFS}/{self.count:x}"

    def array(self, at, v, name=None, **how):
        """A numeric or logical array; v has MATLAB's axes."""
        v = np.asarray(v)
        more = {}
        if v.dtype == bool:
            name, v, more = name or "logical", v.astype("u1"), {"int_decode": np.int32(1)}
        if v.dtype.kind == "c":
            z = np.zeros(v.shape, [("real", v.real.dtype), ("imag", v.real.dtype)])
            z["real"], z["imag"] = v.real, v.imag
            name, v = name or {"c16": "double", "c8": "single"}[v.dtype.str[1:]], z
        name = name or {"float64": "double", "float32": "single"}.get(v.dtype.name, v.dtype.name)
        return self.attrs(self.f.create_dataset(at, data=v.T, **how), name, **more)

    def empty(self, at, name, dims, **more):
        return self.attrs(self.f.create_dataset(at, data=np.array(dims, "u8")), name, empty=np.uint8(1), **more)

    def char(self, at, rows):
        units = [np.frombuffer(r.encode("utf-16-le"), "<u2") for r in rows]
        return self.attrs(self.f.create_dataset(at, data=np.array(units).T), "char", int_decode=np.int32(2))

    def refs(self, at, items, dims):
        """References to items, given in column-major order."""
        d = self.f.create_dataset(at, tuple(dims[::-1]), dtype=h5py.ref_dtype)
        for k, i in zip(np.ndindex(*dims[::-1]), items):
            d[k] = i.ref if i is not None else h5py.Reference()
        return d

    def cell(self, at, items, dims):
        return self.attrs(self.refs(at, items, dims), "cell")

    def struct(self, at, names):
        g = self.attrs(self.f.create_group(at), "struct")
        self.fields(g, names)
        return g

    def sparse(self, at, ir, jc, data, rows, name="double", **more):
        g = self.attrs(self.f.create_group(at), name, sparse=np.uint64(rows), **more)
        if len(ir):
            if np.iscomplexobj(data):
                z = np.zeros(len(data), [("real", "f8"), ("imag", "f8")])
                z["real"], z["imag"] = np.real(data), np.imag(data)
                data = z
            g["data"], g["ir"] = data, np.array(ir, "u8")
        g["jc"] = np.array(jc, "u8")
        return g


def stamp(path):
    with open(path, "r+b") as b:
        b.write(b"MATLAB 7.3 MAT-file, made by its rules".ljust(124) + b"\x00\x02IM")


def matlab(path):
    with h5py.File(path, "w", userblock_size=512) as f:
        w = Writer(f)
        rng = np.random.default_rng(73)
        for k in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"):
            i = np.iinfo(k)
            w.array("c_" + np.dtype(k).name, np.array([[i.min, 1, 2], [3, 4, i.max]], k))
        w.array("c_double", np.array([[0.1, -0.0, np.nan], [np.inf, -np.inf, 5e-324]]))
        w.array("c_single", np.array([[0.1], [3.4e38]], "f4"))
        w.array("c_logical", np.array([[True, False, True], [False, False, True]]))
        w.array("scalar", [[2.5]])
        w.array("row", np.arange(5.0).reshape(1, 5))
        w.array("column", np.arange(5.0).reshape(5, 1))
        w.array("four", np.arange(120, dtype="i4").reshape(2, 3, 4, 5))
        w.array("trailing", np.arange(6.0).reshape(1, 1, 6))
        w.array("z_double", np.array([[1 + 2j, -3j, 4], [np.inf + 0j, -1.5 - 1j, 0]]))
        w.array("z_single", np.array([[1 + 2j], [0.5 - 0.25j]], "c8"))
        w.array("packed", rng.integers(0, 9, (37, 23)).astype("f8"), chunks=(10, 16), compression="gzip", compression_opts=3, shuffle=True, fletcher32=True)
        w.array("packed3", rng.integers(-9, 9, (11, 5, 7)).astype("i2"), chunks=(3, 2, 4), compression="gzip", shuffle=True, fletcher32=True)
        w.array("packedz", rng.normal(size=(9, 4)) + 1j * rng.normal(size=(9, 4)), chunks=(4, 5), compression="gzip")
        f.attrs["nothing"] = 1
        w.array("shared", [[7.0]]).attrs["MATLAB_global"] = np.uint8(1)
        w.char("text", ["V1 \u8996\u899a \u00e9"])
        w.char("astral", ["a\U0001f9e0b"])
        w.char("lines", ["abc", "de ", "  f"])
        w.char("letter", ["x"])
        w.empty("e_double", "double", [0, 0])
        w.empty("e_three", "single", [3, 0, 2])
        w.empty("e_int", "int16", [0, 4])
        w.empty("e_logical", "logical", [1, 0], int_decode=np.int32(1))
        w.empty("e_char", "char", [0, 0], int_decode=np.int32(2))
        w.empty("e_cell", "cell", [0, 2])
        w.fields(w.empty("e_struct", "struct", [0, 1]), ["name", "index"])
        w.empty("nofields", "struct", [1, 1])
        nan, loc = w.array(w.new(), [[np.nan]]), w.char(w.new(), ["LOC"])
        none = w.empty(w.new(), "double", [0, 0])
        vec = w.array(w.new(), np.arange(3, dtype="u1").reshape(3, 1))
        inner = w.cell(w.new(), [loc, vec], [1, 2])
        st = w.struct(w.new(), ["v"])
        w.array(st.name + "/v", np.array([[1.0, 2], [3, 4]]))
        w.cell("cell", [nan, loc, none, vec, inner, st], [2, 3])
        w.cell("cube", [loc, vec] * 6, [2, 3, 2])
        w.cell("hole", [loc, None], [1, 2])
        g = w.struct("D", ["zeta", "alpha", "names", "sub"])
        w.array("D/zeta", [[5.0]])
        w.array("D/alpha", np.arange(6, dtype="f4").reshape(2, 3))
        w.cell("D/names", [loc, loc], [1, 2])
        w.struct("D/sub", ["deep"])
        w.struct("D/sub/deep", ["x"])
        w.char("D/sub/deep/x", ["down"])
        g = w.struct("list", ["name", "value", "kind"])
        w.refs("list/name", [loc, inner, none, vec], [2, 2])
        w.refs("list/value", [vec, vec, nan, st], [2, 2])
        w.refs("list/kind", [nan, none, loc, loc], [2, 2])
        g = w.struct("onlycell", ["c"])
        w.cell("onlycell/c", [loc, vec], [1, 2])
        g = w.attrs(f.create_group("unordered"), "struct")
        w.array("unordered/b", [[1.0]])
        w.array("unordered/a", [[2.0]])
        w.sparse("s_double", [1, 3, 0], [0, 2, 2, 3], np.array([1.5, -2, 3]), 4)
        w.sparse("s_complex", [0, 2], [0, 1, 2], np.array([1 + 1j, -2j]), 3)
        w.sparse("s_logical", [0, 0, 1], [0, 1, 3], np.array([1, 1, 1], "u1"), 2, "logical", int_decode=np.int32(1))
        w.sparse("s_none", [], [0, 0, 0, 0], None, 5)
        h = w.attrs(f.create_group("handle"), "function_handle", object_decode=np.int32(1))
        w.char("handle/function_handle", ["sin"])
        w.attrs(f.create_dataset("object", data=np.array([[3707764736, 2, 1, 1, 1, 1]], "u4")), "string", object_decode=np.int32(3))
        w.array("foreign", [[1.0]], "myclass")
        w.cell("mixed", [f["handle"], f["foreign"], loc], [1, 3])
    stamp(path)


STORED = {
    "feat": np.arange(24, dtype="f4").reshape(1, 2, 3, 4), "vector": np.arange(5.0), "scalar": np.float64(2.5), "integer": 7,
    "large": (np.arange(6000) % 97).reshape(20, 300).astype("f4"), "text": "V1 \u00e9", "flags": np.array([True, False]),
    "index": {"fc8": np.arange(3), "conv1_1": np.array([7])}, "list": [np.arange(2), "two", np.array([], "f8")],
    "tuple": (np.int64(3), np.int64(4)), "complex": np.array([1 + 2j, -3j]), "nothing": np.zeros((0, 3)), "none": None,
    "bytes": b"abc", "truth": True, "u64": np.array([2**64 - 1], "u8"), "nested": {"a": {"b": {"c": np.eye(2)}}},
    "records": np.array([(1, 2.5), (3, -0.5)], [("id", "i4"), ("x", "f8")]), "words": np.array(["ab", "c"]),
    "sparse": {"__bdpy_sparse_arrray": True, "index": (np.array([0, 2]), np.array([1, 3])), "value": np.array([1.5, 2.5], "f4"), "shape": (3, 4), "background": 0},
}


def storage(path, oned_as):
    if os.path.exists(path):
        os.remove(path)
    hdf5storage.savemat(path, STORED, format="7.3", oned_as=oned_as, store_python_metadata=True, matlab_compatible=True, compress=True,
                        compress_size_threshold=4096, shuffle_filter=True, compressed_fletcher32_filter=True)


def numbers(v):
    v = np.asarray(v).T.ravel(order="F")  # the file's axes to MATLAB's, column after column
    if v.dtype.kind in "iu":
        return [str(int(x)) for x in v] if v.size <= 64 else hashlib.sha256(v.astype("<i8").tobytes()).hexdigest()
    if v.size > 64:
        return hashlib.sha256(np.where(v == 0, 0, v).astype("<f8").tobytes()).hexdigest()
    return [repr(float(x)) for x in v]


def values(t, v):
    if v.dtype.names:
        t["complex"] = True
        t["re"], t["im"] = numbers(v[v.dtype.names[0]]), numbers(v[v.dtype.names[1]])
    else:
        t["re"] = numbers(v)


def tree(f, o):
    """What an object is, by the attributes and values that h5py gives."""
    if not o:
        return {"class": "double", "dims": [0, 0], "re": []}
    name = o.attrs.get("MATLAB_class", b"").decode()
    t = {"class": name}
    known = ("double", "single", "logical", "char", "cell", "struct", "canonical empty")
    if name and name not in known and not name.startswith(("int", "uint")) or "MATLAB_object_decode" in o.attrs:
        t["unread"] = True
        return t
    if "Python.Shape" in o.attrs:
        t["shape"] = [int(d) for d in o.attrs["Python.Shape"]]
    if "MATLAB_global" in o.attrs:
        t["global"] = True
    names = ["".join(c.decode() for c in n) for n in o.attrs.get("MATLAB_fields", [])]
    if "MATLAB_sparse" in o.attrs:
        jc = o["jc"][()]
        ir = o["ir"][()] if "ir" in o else np.zeros(0, int)
        t["dims"] = [int(o.attrs["MATLAB_sparse"]), len(jc) - 1]
        t["rows"] = None
        t["entries"] = {"rows": [int(r) for r in ir], "cols": [int(c) for c in np.repeat(np.arange(len(jc) - 1), np.diff(jc.astype(int)))]}
        values(t["entries"], o["data"][()] if "data" in o else np.zeros(0))
        return t
    if isinstance(o, h5py.Group):
        names = names or sorted(o)
        t["fields"] = names
        if all(isinstance(o[n], h5py.Dataset) and o[n].dtype == h5py.ref_dtype and "MATLAB_class" not in o[n].attrs for n in names):
            t["dims"] = list(o[names[0]].shape[::-1])
            t["items"] = [tree(f, f[r] if r else None) for refs in zip(*(o[n][()].ravel() for n in names)) for r in refs]
        else:
            t["dims"] = [1, 1]
            t["items"] = [tree(f, o[n]) for n in names]
        return t
    v = o[()]
    if o.attrs.get("MATLAB_empty"):
        t["dims"] = [int(d) for d in v]
        if name == "struct":
            t["fields"] = names
        t["rows" if name == "char" else "items" if name in ("cell", "struct") else "re"] = []
        return t
    t["dims"] = list(v.shape[::-1])
    if not name:  # plain HDF5: C order as it stands
        t["class"] = v.dtype.name.replace("float64", "double").replace("float32", "single")
        t["dims"] = list(v.shape)
        values(t, v.T)
    elif name == "char":
        if t.get("shape") == []:  # one text, whichever way it stands
            v, t["dims"] = v.reshape(-1, 1), [1, v.size]
        t["rows"] = [np.ascontiguousarray(r).tobytes().decode("utf-16-le" if v.dtype.itemsize == 2 else "utf-32-le" if v.dtype.itemsize == 4 else "utf-8") for r in v.T]
    elif name == "cell":
        t["items"] = [tree(f, f[r] if r else None) for r in v.ravel()]
    else:
        values(t, v)
    return t


def expect(path):
    with h5py.File(path) as f:
        return {n: tree(f, f[n]) for n in sorted(f) if not n.startswith("#")}


def assert_matlab(path):
    """mat73 and hdf5storage read the file made by MATLAB's rules as it was meant."""
    names = ["c_int8", "c_uint64", "c_double", "four", "packed", "z_double", "scalar", "c_logical"]
    # It reads neither cells of three axes nor null references.
    m, e = mat73.loadmat(path, only_include=names + ["text", "D", "cell", "s_double", "list"], verbose=False), expect(path)
    s = hdf5storage.loadmat(path, variable_names=["c_double", "four", "text", "lines", "z_double", "packed", "packed3", "packedz"])
    for n in names + ["packed3", "packedz"]:
        v = np.atleast_2d(m.get(n, s.get(n)))
        got = {}
        if np.iscomplexobj(v):
            got["re"], got["im"] = numbers(v.real.T), numbers(v.imag.T)
        else:
            got["re"] = numbers(v.astype("u1").T if v.dtype == bool else v.T)
        assert all(got[k] == e[n][k] for k in got) and list(v.shape) == e[n]["dims"], (n, v)
        if n in s:
            np.testing.assert_array_equal(s[n], v)
    assert m["text"] == e["text"]["rows"][0] == s["text"].ravel()[0], (m["text"], s["text"])
    assert [str(x) for x in np.ravel(s["lines"])] == e["lines"]["rows"]
    assert m["D"]["zeta"] == 5 and m["D"]["names"] == ["LOC", "LOC"] and m["D"]["sub"]["deep"]["x"] == "down"
    assert m["cell"][1][0] == "LOC" or m["cell"][0][1] == "LOC", m["cell"]
    full = m["s_double"].toarray()
    assert full.tolist() == [[0, 0, 3], [1.5, 0, 0], [0, 0, 0], [-2, 0, 0]], full
    assert m["list"]["name"][0] == ["LOC", None] and m["list"]["kind"][0][1] == "LOC" and m["list"]["kind"][1] == [None, "LOC"], m["list"]


def equal(a, b):
    if isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in b)
    if isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(equal, a, b))
    return np.array_equal(a, b) and np.shape(a) == np.shape(b)


def assert_storage(path, cannot):
    for n, v in STORED.items():
        if n not in cannot:
            back = hdf5storage.read(path="/" + n, filename=path)
            assert equal(back, v), (n, back)


REAL = ["NeuralCodeConverter/S2_figureImage.mat", "bdpy/tests/data/test_models/fastl2lir-nochunk-bd/W.mat",
        "bdpy/tests/data/test_models/fastl2lir-nochunk-bd/b.mat", "bdpy/tests/data/array_jl_dense_v1.mat"]

if __name__ == "__main__":
    matlab("matlab.mat")
    storage("storage.mat", "row")
    storage("column.mat", "column")
    hostile("hostile.mat")
    assert_matlab("matlab.mat")
    assert_storage("storage.mat", [])
    assert_storage("column.mat", ["text", "bytes", "list", "words"])
    with open("expect.json", "w") as j:
        json.dump({n: expect(n) for n in ("matlab.mat", "storage.mat", "column.mat")}, j, indent=None, sort_keys=True)
        j.write("\n")
    if len(sys.argv) > 1:
        with open("real.json", "w") as j:
            json.dump({n: expect(os.path.join(sys.argv[1], n)) for n in REAL}, j, indent=None, sort_keys=True)
            j.write("\n")
