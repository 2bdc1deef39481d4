"""Arrays of a MAT-file of version 7.3 that no program writes: every variable but good_* must be refused."""
import h5py
import numpy as np


def hostile(path):
    marks = []
    with h5py.File(path, "w", userblock_size=512, libver=("v108", "v108")) as f:
        def cls(o, name, **more):
            o.attrs["MATLAB_class"] = np.bytes_(name)
            for k, v in more.items():
                o.attrs["MATLAB_" + k] = v
            return o

        def refs(at, items, name="cell"):
            d = f.create_dataset(at, (1, len(items)), dtype=h5py.ref_dtype)
            for i, o in enumerate(items):
                d[0, i] = o.ref
            return cls(d, name) if name else d

        def huge(at, shape, kind="f8", **more):  # never allocated: it takes no room
            return cls(f.create_dataset(at, shape, kind, chunks=tuple(min(d, 64) for d in shape)), more.pop("name", "double"), **more)

        one = cls(f.create_dataset("#refs#/one", data=[[1.0]]), "double")
        # arrays that hold themselves
        d = refs("loop_self", [one])
        d[0, 0] = d.ref
        a, b = refs("loop_a", [one]), refs("loop_b", [one])
        a[0, 0], b[0, 0] = b.ref, a.ref
        g = cls(f.create_group("loop_group"), "struct")
        g["me"] = g
        g = cls(f.create_group("loop_array"), "struct")
        refs("loop_array/f", [g], None)
        # references to nothing, and to what is no array
        for n in ("nowhere", "nowhere_far", "nowhere_middle"):
            marks.append((refs(n, [one]), n))
        f["#refs#/type"] = np.dtype("f4")
        refs("to_type", [f["#refs#/type"]])
        # depth and width
        for n, depth in (("good_deep", 60), ("deep", 80)):
            o = one
            for i in range(depth):
                o = refs(f"#refs#/{n}{i}" if i < depth - 1 else n, [o])
        f.create_group("deep_struct/" + "/".join("s" * 100))
        o = one
        for i in range(40):  # 2^40 arrays to who reads every reference
            o = refs(f"#refs#/wide{i}" if i < 39 else "good_wide", [o, o])

        # sparse arrays
        def sparse(at, ir, jc, data, rows):
            g = cls(f.create_group(at), "double", sparse=rows)
            for k, v in (("ir", ir), ("jc", jc), ("data", data)):
                if v is not None:
                    g[k] = v

        u = lambda *v: np.array(v, "u8")
        x = np.array([1.0, 2, 3])
        sparse("sparse_row", u(0, 4, 1), u(0, 2, 3), x, np.uint64(4))
        sparse("sparse_rowfar", u(0, 2**63 + 1, 1), u(0, 2, 3), x, np.uint64(4))
        sparse("sparse_rowdown", np.array([0, -1, 1]), u(0, 2, 3), x, np.uint64(4))
        sparse("sparse_down", u(0, 1, 2), u(0, 3, 2, 3), x, np.uint64(4))
        sparse("sparse_first", u(0, 1, 2), u(1, 2, 3), x, np.uint64(4))
        sparse("sparse_many", u(0, 1, 2), u(0, 2, 9), x, np.uint64(4))
        sparse("sparse_vast", u(0, 1, 2), u(0, 2, 2**62), x, np.uint64(4))
        sparse("sparse_short", u(0, 1, 2), u(0, 2, 3), x[:2], np.uint64(4))
        sparse("sparse_noir", None, u(0, 2, 3), x, np.uint64(4))
        sparse("sparse_nodata", u(0, 1, 2), u(0, 2, 3), None, np.uint64(4))
        sparse("sparse_nojc", u(0, 1, 2), None, x, np.uint64(4))
        sparse("sparse_nojcs", u(0, 1, 2), u(), x, np.uint64(4))
        sparse("sparse_fraction", np.array([0.5, 1, 2]), u(0, 2, 3), x, np.uint64(4))
        sparse("sparse_tall", u(0, 1, 2), u(0, 2, 3), x, np.uint64(2**40))
        sparse("sparse_taller", u(0, 1, 2), u(0, 2, 3), x, np.uint64(2**63))
        sparse("sparse_negative", u(0, 1, 2), u(0, 2, 3), x, np.int64(-4))
        sparse("sparse_bomb", u(0), np.array([0] + [1] * 200, "u8"), x[:1], np.uint64(2**30))
        sparse("sparse_bomb2", u(0), np.array([0] + [1] * 16, "u8"), x[:1], np.uint64(2**24))
        g = cls(f.create_group("sparse_nevercolumns"), "double", sparse=np.uint64(3))
        g.create_dataset("jc", (2**45,), "u8", chunks=(64,))
        # dimensions
        huge("size_overflow", (2**40, 2**40))
        huge("size_wraps", (2**32, 2**32))
        huge("size_large", (2**20, 2**18))
        huge("size_cell", (2**40, 1), h5py.ref_dtype, name="cell")
        huge("size_char", (2**40, 1), "u2", name="char")
        g = cls(f.create_group("size_fields"), "struct")
        for n in "abcdefgh":
            g.create_dataset(n, (2**54, 1), h5py.ref_dtype, chunks=(64, 1))
        g = cls(f.create_group("size_sum"), "struct")  # each alone would be let through
        d = huge("size_sum/f0", (2**20, 31))
        for i in range(1, 40):
            g.create_dataset(f"f{i}", (2**20, 31), "f8", chunks=(64, 31))
            cls(g[f"f{i}"], "double")

        def empty(at, dims, name="double"):
            cls(f.create_dataset(at, data=np.array(dims, "u8")), name, empty=np.uint8(1))

        empty("empty_wide", [0, 2**62])
        empty("empty_wraps", [2**32, 2**32])
        empty("empty_beyond", [0, 2**63 + 5])
        empty("empty_full", [2, 3])
        empty("empty_many", [0] * 5000)
        empty("empty_cell", [2**40, 2**40], "cell")
        empty("empty_struct", [2**62, 1], "struct")
        d = huge("empty_never", (2**45,), "u8", empty=np.uint8(1))
        cls(f.create_dataset("empty_fraction", data=[0.5, 0]), "double", empty=np.uint8(1))
        # classes that the content is not of
        cls(f.create_dataset("char_float", data=[[1.5, 2]]), "char")
        z = np.zeros((1, 2), [("real", "f8"), ("imag", "f8")])
        cls(f.create_dataset("char_complex", data=z), "char")
        cls(f.create_dataset("cell_numbers", data=[[1.0, 2]]), "cell")
        cls(f.create_dataset("struct_numbers", data=[[1.0, 2]]), "struct")
        cls(f.create_dataset("double_text", data=np.array([b"ab"])), "double")
        refs("double_refs", [one], "double")
        cls(f.create_dataset("compound", data=np.zeros(2, [("a", "f8"), ("b", "f8")])), "double")
        cls(f.create_dataset("double_null", data=h5py.Empty("f8")), "cell")
        d = f.create_dataset("class_number", data=[[1.0]])
        d.attrs["MATLAB_class"] = 5
        g = cls(f.create_group("group_double"), "double")
        g["x"] = 1
        g = cls(f.create_group("good_fields"), "struct")
        cls(g.create_dataset("here", data=[[3.0]]), "double")
        g.attrs.create("MATLAB_fields", np.array([np.array([b"g", b"o"], "S1"), np.array([b"h"], "S1")], dtype=object)[:1], dtype=h5py.vlen_dtype("S1"))
        places = {n: d.id.get_offset() for d, n in marks}
    with open(path, "r+b") as b:
        size = b.seek(0, 2)
        for n, at in places.items():
            b.seek(at)
            b.write({"nowhere": 3, "nowhere_far": 2**62, "nowhere_middle": size // 2 + 5}[n].to_bytes(8, "little"))
        b.seek(0)
        b.write(b"MATLAB 7.3 MAT-file, hostile".ljust(124) + b"\x00\x02IM")
