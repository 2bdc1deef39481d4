"""Makes kinds.h5: one object of every kind that the reader meets or must refuse, by h5py 3.

Run in this folder: python3 make.py
"""
import h5py
import numpy as np

with h5py.File("kinds.h5", "w", userblock_size=512) as f:
    a = np.arange(12.0).reshape(4, 3) / 4
    f["f64"] = a
    f["f32be"] = a.astype(">f4")
    f["i16"] = np.arange(-3, 3, dtype="<i2")
    f["u64"] = np.array([1, 2**63], dtype="<u8")
    f["bool"] = np.array([True, False])
    f["scalar"] = 2.5
    f["empty"] = np.zeros((0, 3))
    f["null"] = h5py.Empty("f8")
    f["compound"] = np.zeros(2, dtype=[("x", "f8"), ("y", "i4")])
    big = (np.arange(50 * 40) % 97).reshape(50, 40).astype("f8")
    f.create_dataset("packed", data=big, chunks=(7, 9), compression="gzip", shuffle=True, fletcher32=True)
    f.create_dataset("absurd", shape=(2**31, 2**20), maxshape=(None, None), chunks=(16, 16), dtype="f8")
    f["strings/vlen"] = np.array(["V1", "caf\u00e9", ""], dtype=object)
    f["strings/scalar"] = "one"
    f["strings/nullpad"] = np.array([b"ab", b"c", b"abc"])
    f["strings/latin"] = np.array([b"caf\xe9"])
    for name, pad in (("nullterm", h5py.h5t.STR_NULLTERM), ("spacepad", h5py.h5t.STR_SPACEPAD)):
        t = h5py.h5t.C_S1.copy()
        t.set_size(5)
        t.set_strpad(pad)
        d = h5py.h5d.create(f["strings"].id, name.encode(), t, h5py.h5s.create_simple((2,)))
        raw = b"ab\0zzcd\0zz" if name == "nullterm" else b"ab   c d  "
        d.write(h5py.h5s.ALL, h5py.h5s.ALL, np.frombuffer(raw, dtype="S5"), mtype=t)
    f["cells"] = np.array([f["f64"].ref, f["strings/scalar"].ref, h5py.Reference()], dtype=h5py.ref_dtype)
    g = f["f64"].attrs
    g["text"] = "double"
    g["bytes"] = np.bytes_(b"cell")
    g["int"] = np.int32(2)
    g["float"] = 1.5
    g["ints"] = np.array([1, 2, 3])
    g["texts"] = np.array(["a", "b"], dtype=object)
    g["bool"] = True
    f["gone"] = h5py.SoftLink("/nowhere")
