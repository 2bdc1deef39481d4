"""Makes the files of this folder and what h5py and hdf5storage say of them (expect.json).

Run in this folder: python3 make.py [FOLDER OF THE REAL FILES]
Made with h5py 3.16 (libhdf5 2.x for the files, any for the numbers) and hdf5storage 0.2.2. The files are small:

features.h5  every type, filter, link and attribute that the reader knows or must refuse
latest.h5    the same in the newest format of libhdf5 1.10
matlab.mat   MATLAB v7.3 as MATLAB writes it, by its rules (user block, classes, references, sparse, struct arrays)
storage.mat  the same kinds by hdf5storage
bombs.h5     sizes that the content does not account for
"""
import hashlib
import json
import os
import sys

import h5py
import hdf5storage
import numpy as np

KINDS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]


def objects(values):
    out = np.empty(len(values), dtype=object)
    for i, v in enumerate(values):
        out[i] = v
    return out


def letters(*words):
    """Names of fields as MATLAB stores them."""
    return objects([np.array([c.encode() for c in w], "S1") for w in words])


def features(path, libver):
    with h5py.File(path, "w", libver=libver) as f:
        for k in KINDS:
            for order in "<>":
                i = np.iinfo(k)
                f[f"numbers/{k}{'le' if order == '<' else 'be'}"] = np.array([i.min, i.max, 0, 1, 2], dtype=order + k)
        for k in ("f2", "f4", "f8"):
            f["numbers/" + k] = np.array([0, 1.5, -2.25, np.inf, 65504], dtype="<" + k)
        f["numbers/f8huge"] = np.array([1e300, 1.0])
        f["numbers/i8odd"] = np.array([2**53 + 1, 1])
        cube = np.arange(7 * 11 * 13, dtype="f4").reshape(7, 11, 13)
        f["cube/plain"] = cube
        g = f["cube"]
        g.create_dataset("chunks", data=cube, chunks=(3, 4, 5))
        g.create_dataset("gzip", data=cube, chunks=(3, 4, 5), compression="gzip", shuffle=True, fletcher32=True)
        g.create_dataset("lzf", data=cube, chunks=(7, 11, 13), compression="lzf")
        g.create_dataset("scale", data=cube.astype("i4"), chunks=(3, 4, 5), scaleoffset=0)
        g.create_dataset("f8", data=cube.astype("f8"))
        text = np.tile(np.arange(64, dtype="u1"), 600)
        f.create_dataset("lzf/long", data=text, chunks=(text.size,), compression="lzf")
        rng = np.random.default_rng(4)
        f.create_dataset("lzf/noise", data=rng.integers(0, 256, 3000, dtype="u1"), chunks=(3000,), compression="lzf")
        f.create_dataset("lzf/short", data=rng.integers(0, 3, 5000, dtype="u1"), chunks=(5000,), compression="lzf")
        f.create_dataset("unknown", (4,), "f4", chunks=(4,), compression=32015, allow_unknown_filter=True)
        d = f.create_dataset("sequences/int", (3,), dtype=h5py.vlen_dtype("i4"))
        for i in range(3):
            d[i] = np.arange(i * 2)
        d = f.create_dataset("sequences/float", (2, 2), dtype=h5py.vlen_dtype("f8"))
        d[0, 1] = [1.5, 2.5]
        d[1, 1] = [-1.0]
        t = np.dtype([("x", "<f8"), ("n", ">i2"), ("name", "S4"), ("text", h5py.string_dtype()), ("sub", [("z", "u1")])])
        rows = np.zeros(3, t)
        rows["x"], rows["n"], rows["name"], rows["text"] = [1, 2, 3.5], [-1, 0, 300], [b"a", b"bcde", b""], ["é", "", "zz"]
        f["compound"] = rows
        f.create_dataset("enum", data=np.array([0, 2, 1, 2]), dtype=h5py.enum_dtype({"RED": 0, "GREEN": 1, "BLUE": 2}, "i2"))
        f["bool"] = np.array([[True, False], [False, False]])
        f["null"] = h5py.Empty("f4")
        f["target"] = np.arange(30.0).reshape(5, 6)
        f.create_dataset("refs", data=np.array([f["target"].ref, f["cube"].ref, h5py.Reference()], dtype=h5py.ref_dtype), dtype=h5py.ref_dtype)
        t = f["target"]
        d = f.create_dataset("regions", (4,), dtype=h5py.regionref_dtype)
        d[0] = t.regionref[1:3, 2:5]
        d[1] = t.regionref[0:5:2, 1]
        mask = np.zeros((5, 6), bool)
        mask[0, 5] = mask[4, 2] = True
        d[2] = t.regionref[mask]
        a = f["target"].attrs
        a["text"], a["texts"], a["float"], a["ints"] = "é", ["a", "bc"], 0.5, np.array([[1, 2], [3, 4]], dtype="u2")
        a["big"], a["bool"], a["bools"] = np.uint64(2**63 + 5), np.bool_(True), np.array([True, False])
        a["none"] = h5py.Empty("f8")
        a["ref"] = f["cube"].ref
        a.create("fields", letters("index", "value"), dtype=h5py.vlen_dtype("S1"))
        a.create("seq", objects([np.array([1, 2, 3], "i4"), np.array([], "i4")]), dtype=h5py.vlen_dtype("i4"))
        a.create("row", np.array((1.0, 2), [("x", "f8"), ("n", "i4")]))
        f["links/hard"] = f["target"]
        g = f["links"]
        g["self"] = g
        g["soft"] = h5py.SoftLink("/target")
        g["gone"] = h5py.SoftLink("/nowhere")
        g["loop"] = h5py.SoftLink("/links/pool")
        g["pool"] = h5py.SoftLink("/links/loop")
        g["out"] = h5py.ExternalLink("storage.mat", "/x")
        g["type"] = np.dtype("f4")
        layout = h5py.VirtualLayout((5,), "f8")
        layout[:] = h5py.VirtualSource("matlab.mat", "double", (5,))
        f.create_virtual_dataset("elsewhere/virtual", layout)
        f.create_dataset("elsewhere/external", (4,), "f8", external=[("make.py", 0, 32)])


REFS = "#refs#"


def matlab(path):
    with h5py.File(path, "w", userblock_size=512) as f:
        count = [0]

        def cls(o, name, **more):
            o.attrs["MATLAB_class"] = np.bytes_(name)
            for k, v in more.items():
                o.attrs["MATLAB_" + k] = v
            return o

        def empty(where, name, dims):
            return cls(f.create_dataset(where, data=np.array(dims, "u8")), name, empty=np.uint8(1))

        def char(where, s):
            return cls(f.create_dataset(where, data=np.array([[ord(c)] for c in s], "u2")), "char", int_decode=np.int32(2))

        def ref():
            count[0] += 1
            return f"{REFS}/{chr(96 + count[0])}"

        cls(f.create_dataset("double", data=np.arange(24.0).reshape(4, 3, 2)), "double")  # 2x3x4 in MATLAB
        cls(f.create_dataset("single", data=np.arange(6, dtype="f4").reshape(2, 3)), "single")
        cls(f.create_dataset("int16", data=np.array([[-5, 7]], "i2")), "int16")
        cls(f.create_dataset("logical", data=np.array([[1, 0], [0, 0], [1, 1]], "u1")), "logical", int_decode=np.int32(1))
        char("char", "V1 é")
        cls(f.create_dataset("lines", data=np.array([[97, 99], [98, 100]], "u2")), "char", int_decode=np.int32(2))  # ['ab';'cd']
        empty("none", "double", [0, 3])
        empty("nochar", "char", [0, 0])
        empty("nocell", "cell", [0, 0])
        z = np.zeros((2, 1), np.dtype([("real", "f8"), ("imag", "f8")]))
        z["real"], z["imag"] = [[1], [2]], [[-1], [0.5]]
        cls(f.create_dataset("complex", data=z), "double")
        one, two, three = cls(f.create_dataset(ref(), data=np.array([[1.0], [2], [3]])), "double"), char(ref(), "LOC"), None
        three = empty(ref(), "double", [0, 0])
        cls(f.create_dataset("cell", data=np.array([[one.ref], [two.ref], [three.ref]], dtype=h5py.ref_dtype), dtype=h5py.ref_dtype), "cell")
        inner = cls(f.create_dataset(ref(), data=np.array([[two.ref, one.ref]], dtype=h5py.ref_dtype), dtype=h5py.ref_dtype), "cell")
        g = cls(f.create_group("D"), "struct")
        g.attrs.create("MATLAB_fields", letters("zeta", "data"), dtype=h5py.vlen_dtype("S1"))
        cls(g.create_dataset("zeta", data=np.array([[5.0]])), "double")
        cls(g.create_dataset("data", data=np.array([[one.ref], [inner.ref]], dtype=h5py.ref_dtype), dtype=h5py.ref_dtype), "cell")
        g = cls(f.create_group("many"), "struct")
        g.create_dataset("a", data=np.array([[one.ref], [two.ref]], dtype=h5py.ref_dtype), dtype=h5py.ref_dtype)
        g.create_dataset("b", data=np.array([[two.ref], [three.ref]], dtype=h5py.ref_dtype), dtype=h5py.ref_dtype)
        g = cls(f.create_group("sparse"), "double", sparse=np.uint64(4))
        g["data"], g["ir"], g["jc"] = np.array([1.5, -2, 3]), np.array([1, 3, 0], "u8"), np.array([0, 2, 2, 3], "u8")
        o = cls(f.create_dataset("object", data=np.array([[3707764736, 2, 1, 1, 1, 1]], "u4")), "string", object_decode=np.int32(3))
        f.create_dataset("loop", (1, 1), dtype=h5py.ref_dtype)
        cls(f["loop"], "cell")[0, 0] = f["loop"].ref
    with open(path, "r+b") as b:
        b.write(b"MATLAB 7.3 MAT-file, made by its rules".ljust(124) + b"\x00\x02IM")


def storage(path):
    if os.path.exists(path):
        os.remove(path)
    hdf5storage.savemat(path, {
        "feat": np.arange(24, dtype="f4").reshape(1, 2, 3, 4), "vector": np.arange(5.0), "scalar": np.float64(2.5),
        "large": (np.arange(60000) % 97).reshape(200, 300).astype("f4"), "text": "V1 é", "flags": np.array([True, False]),
        "index": {"fc8": np.arange(3), "conv1_1": np.array([7])}, "list": [np.arange(2), "two", np.array([], "f8")],
        "tuple": (np.int64(3), np.int64(4)), "complex": np.array([1 + 2j, -3j]), "nothing": np.zeros((0, 3)),
    }, format="7.3", oned_as="column", store_python_metadata=True, truncate_existing=True)


def bombs(path):
    with h5py.File(path, "w") as f:
        d = f.create_dataset("zeros", (40 << 20,), "f8", chunks=(1 << 20,), compression="gzip", compression_opts=9)
        d[:1] = 0
        f.create_dataset("never", (1 << 34,), "f8")
        f.create_dataset("memory", (1 << 45,), "f8", chunks=(1 << 20,))
        n = 4000
        d = f.create_dataset("texts", (n,), dtype=h5py.string_dtype())
        d[:] = ["x"] * n
        d[0] = "y" * 70000
        at = d.id.get_offset()
    with open(path, "r+b") as b:  # every element refers to the long one
        b.seek(at)
        first = b.read(16)
        b.seek(at)
        b.write(first * n)


def number(v):
    v = np.asarray(v)
    if v.dtype.kind == "f":
        return [repr(float(x)) for x in v.ravel()]
    return [str(int(x)) for x in v.ravel()]


def digest(v):
    """The SHA-256 of the numbers as little-endian doubles in C order, for what is too large to list."""
    return hashlib.sha256(np.ascontiguousarray(v, "<f8").tobytes()).hexdigest()


def expect(path):
    out = {}
    with h5py.File(path) as f:
        def visit(name, o):
            if not isinstance(o, h5py.Dataset) or name.startswith(("elsewhere", "unknown")):
                return
            e = {"shape": list(o.shape or []), "chunks": list(o.chunks or []), "stored": o.id.get_storage_size()}
            if o.dtype.kind in "iufb" and o.shape is not None:
                v = o[()]
                e["sha256"] = digest(v)
                if v.size <= 8:
                    e["numbers"] = number(v)
            out[name] = e
        f.visititems(visit)
    return out


def real(folder):
    """The numbers of real files: every dataset of numbers, by its digest."""
    out = {}
    for base, _, names in os.walk(folder):
        for n in sorted(names):
            p = os.path.join(base, n)
            if n.endswith((".h5", ".mat")) and h5py.is_hdf5(p):
                out[os.path.relpath(p, folder)] = expect(p)
    return out


if __name__ == "__main__":
    features("features.h5", "earliest")
    features("latest.h5", ("v110", "v110"))
    matlab("matlab.mat")
    storage("storage.mat")
    bombs("bombs.h5")
    result = {"files": {n: expect(n) for n in ("features.h5", "latest.h5", "matlab.mat", "storage.mat")}}
    if len(sys.argv) > 1:
        with open("real.json", "w") as j:
            json.dump(real(sys.argv[1]), j, indent=0, sort_keys=True)
    with open("expect.json", "w") as j:
        json.dump(result, j, indent=0, sort_keys=True)
