"""Makes subject files in every container (legacy.mat, packed.mat, old.h5, plain.h5, bdtb2.h5, v73.mat, v73c.mat,
god.h5), two files to join (join_a.h5, join_b.h5), one that claims 512 MiB in a few kB (bomb73.mat), one with a
key twice (twice.h5) and expect2.json: what bdpy 0.26 answers about them and about sample.h5 (make.py).

Run in this folder: python3 containers.py      Checked by app/dataset/bdata. Versions 7.3 are written by hdf5storage
and, as MATLAB compresses them, by h5py; bdpy opens neither, their content is that of legacy.mat.
"""
import contextlib, io, json, random
import h5py, hdf5storage
import numpy as np
import scipy.io as sio
from bdpy.bdata import concat_dataset, vstack
from bdpy import BData

rng = np.random.default_rng(73)
n, v = 7, 9
data = np.hstack([rng.standard_normal((n, v)), np.array([1, 1, 1, 2, 2, 3, 3.])[:, None], np.array([3, 1, np.nan, 2, 2, 1, 3])[:, None]])


def row(*at):
    x = np.full(v + 2, np.nan)
    x[:v] = 0
    x[list(at)] = 1
    return x


keys = ["VoxelData", "ROI_V1", "ROI_V2", "voxel_x", "Run", "Label"]
descriptions = ["1 = VoxelData", "1 = ROI V1", "1 = ROI V2", "x", "1 = Run", "1 = Label"]
last = lambda j: np.where(np.arange(v + 2) == j, 1.0, np.nan)
values = np.vstack([row(*range(v)), row(0, 1, 2, 3), row(3, 4, 5), np.r_[np.arange(v) / 2 - 1, np.nan, np.nan], last(v), last(v + 1)])


def cells(texts):
    out = np.empty((1, len(texts)), object)
    for i, t in enumerate(texts):
        out[0, i] = t
    return out


def struct(pad):
    return {"key": cells([k + pad for k in keys]), "description": cells([d + pad for d in descriptions]), "value": values}


sio.savemat("legacy.mat", {"dataSet": data, "metaData": struct("  ")})
sio.savemat("packed.mat", {"dataset": data, "metadata": struct("")}, do_compression=True)
for path, d, m in (("old.h5", "dataSet", "metaData"), ("plain.h5", "dataset", "metadata")):
    with h5py.File(path, "w") as f:
        f[d] = data
        f[m + "/key"] = [k.encode() for k in keys]
        f[m + "/description"] = [x.encode() for x in descriptions]
        f[m + "/value"] = values
with h5py.File("bdtb2.h5", "w") as f:  # as BrainDecoderToolbox2 compresses: chunks of a tenth, texts of variable length
    f.create_dataset("dataSet", data=data, chunks=tuple(k // 10 + 1 for k in data.shape), compression="gzip", compression_opts=9)
    for name, texts in (("key", keys), ("description", descriptions)):
        f.create_dataset("metaData/" + name, data=texts, dtype=h5py.string_dtype())
    f.create_dataset("metaData/value", data=values, chunks=tuple(k // 10 + 1 for k in values.shape), compression="gzip", compression_opts=9)
    f["header/ctime_serial"] = 740000.5
hdf5storage.savemat("v73.mat", {"dataSet": data, "metaData": struct("")}, format="7.3", truncate_existing=True)

with h5py.File("v73c.mat", "w", userblock_size=512) as f:  # as MATLAB's save -v7.3 with compression lays it out
    refs = f.create_group("#refs#")

    def put(parent, name, x):
        d = parent.create_dataset(name, data=np.ascontiguousarray(x.T), chunks=True, compression="gzip", shuffle=True, fletcher32=True)
        d.attrs["MATLAB_class"] = np.bytes_("double")

    def texts(parent, name, all):
        made = []
        for i, t in enumerate(all):
            c = refs.create_dataset(f"{name}{i}", data=np.array([[ord(x)] for x in t], np.uint16))
            c.attrs["MATLAB_class"], c.attrs["MATLAB_int_decode"] = np.bytes_("char"), np.int32(2)
            made.append(c.ref)
        d = parent.create_dataset(name, data=np.array([made], object).T, dtype=h5py.ref_dtype)
        d.attrs["MATLAB_class"] = np.bytes_("cell")

    put(f, "dataSet", data)
    g = f.create_group("metaData")
    g.attrs["MATLAB_class"] = np.bytes_("struct")
    texts(g, "key", keys)
    texts(g, "description", descriptions)
    put(g, "value", values)
with open("v73c.mat", "r+b") as f:
    f.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Nov 23 00:00:00 2026 HDF5 schema 1.00 .".ljust(124) + b"\x00\x02IM")

with h5py.File("bomb73.mat", "w") as f:  # 256 columns of 262,144 samples, no chunk of which is stored: each reads as 1
    f.create_dataset("dataSet", (256, 262144), "f8", chunks=(1, 65536), fillvalue=1)
    refs = f.create_group("#refs#")
    f["metaData/key"] = np.array([[refs.create_dataset("a", data=np.array([[65]], np.uint16)).ref]], h5py.ref_dtype)
    f["metaData/value"] = np.ones((256, 1))


def nulls(x):
    return [None if np.isnan(y) else float(y) for y in np.asarray(x, float).ravel()]


quiet = lambda f, *a, **k: contextlib.redirect_stdout(io.StringIO()).__enter__() and f(*a, **k)


def select(b, e):
    with contextlib.redirect_stdout(io.StringIO()):
        return b.select(e, return_index=True)


def content(b):
    return {"Keys": list(b.metadata.key), "Descriptions": list(b.metadata.description), "Shape": list(b.dataset.shape),
            "All": nulls(select(b, "VoxelData + Run + Label")[0]), "V1V2": nulls(select(b, "ROI_V1 + ROI_V2")[0]),
            "X": nulls(b.get_metadata("voxel_x")), "Run": nulls(select(b, "Run")[0])}


out = {"Containers": {p: content(BData(p)) for p in ("legacy.mat", "packed.mat", "old.h5", "plain.h5", "bdtb2.h5")}}
try:
    BData("v73.mat")
    out["V73"] = ""
except Exception as e:
    out["V73"] = type(e).__name__

# A key that stands twice: which row counts. Names are given for a key that the file does not have.
with h5py.File("twice.h5", "w") as f:
    f["dataset"] = np.arange(12.).reshape(3, 4)
    f["metadata/key"] = [b"A", b"B", b"A"]
    f["metadata/description"] = [b"first", b"b", b"second"]
    f["metadata/value"] = np.array([[1, 0, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0.]])
    f["vmap/gone/1.0"] = "cat"
twice = BData("twice.h5")
out["Twice"] = {e: [int(j) for j in np.flatnonzero(select(twice, e)[1])] for e in ("A", "A*", "A = 1", "A + B", "*")}

# A file as Generic Object Decoding has them: stimuli by id, three kinds of samples.
g = BData()
g.add(np.arange(12.).reshape(6, 2), "VoxelData")
g.add_metadata("ROI_VC", np.ones(2), "1 = ROI VC", where="VoxelData")
g.add(np.array([1, 1, 2, 2, 3, 3.])[:, None], "DataType")
ids = [1443537.022563, 1518878.005958, 1443537.022563, 1518878.005958, 1443537, 1518878]
g.add(np.array(ids)[:, None], "stimulus_id")
g.save("god.h5")
out["God"] = {"Names": ["n01443537_22563", "n01518878_5958", "n01443537_22563", "n01518878_5958", "n01443537", "n01518878"], "VC": nulls(BData("god.h5").select("ROI_VC"))}

# Two sessions joined.
for name, first in (("a", 0), ("b", 100)):
    b = BData()
    b.add(first + np.arange(8.).reshape(4, 2), "VoxelData")
    b.add_metadata("ROI_V1", np.array([1, 0.]), "1 = ROI V1", where="VoxelData")
    b.add(np.ones((4, 1)), "Session")
    b.add(np.array([1, 1, 2, 2.])[:, None], "Run")
    b.add(np.array([1, 2, 1, 3 if name == "b" else 2.])[:, None], "stimulus_name")
    b.add_vmap("stimulus_name", {1: "cat", 2: "dog", 3: "owl"} if name == "b" else {1: "cat", 2: "dog"})
    if name == "b":
        b.add_metadata("only_b", np.ones(2), "of b alone", where="VoxelData")
    b.save(f"join_{name}.h5")
for path in ("god.h5", "join_a.h5", "join_b.h5"):  # without the header that bdpy adds: it quotes this script and its folder
    with h5py.File(path) as f:
        parts = io.BytesIO()
        with h5py.File(parts, "w") as kept:
            for k in sorted(set(f) - {"header"}):
                f.copy(k, kept)
    open(path, "wb").write(parts.getvalue())
a, b = BData("join_a.h5"), BData("join_b.h5")


def joined(x):
    return {"Keys": list(x.metadata.key), "Labels": x.get_label("stimulus_name"), "All": nulls(select(x, "VoxelData + Session + Run")[0]), "VMap": {str(k): w for k, w in x.get_vmap("stimulus_name").items()}}


out["Join"] = {"successive": joined(concat_dataset([a, a], successive=["Session", "Run"])), "plain": joined(concat_dataset([a, a])),
               "three": joined(concat_dataset([a, a, a], successive=["Session", "Run"])), "one": joined(vstack([a], metadata_merge="minimal")),
               "minimal": joined(vstack([a, b], successive=["Run"], metadata_merge="minimal"))}
try:
    concat_dataset([a, b])
    out["Join"]["strict"] = ""
except ValueError as e:
    out["Join"]["strict"] = str(e)

# How runs count on over three files, numbers that fall, stand below zero or are zero too.
def of_runs(runs):
    b = BData()
    b.add(np.zeros((len(runs), 1)), "V")
    b.add(np.array(runs, float)[:, None], "Run")
    return b


out["Offsets"] = []
for runs in ([[1, 2], [1, 1], [1, 3]], [[-3, -2], [-5, -4], [1, 2]], [[5, 6], [-5, -6], [1, 2]], [[1, 2], [1, 2], [0, 0]]):
    with contextlib.redirect_stdout(io.StringIO()):
        one = concat_dataset([of_runs(r) for r in runs], successive=["Run"])
    out["Offsets"].append({"Runs": runs, "Joined": nulls(select(one, "Run")[0])})

# Random selections on sample.h5.
s = BData("sample.h5")
random.seed(20171)
atoms = ["ROI_V1", "ROI_V2", "ROI_V3", "ROI_hV4", "ROI_HVC", "ROI_V*", "ROI_*", "VoxelData", "Run", "ROI_V1 = 1", "ROI_V2 = 0", "ROI_none"]


def expression(depth):
    if depth == 0 or random.random() < 0.25:
        return random.choice(atoms)
    left, right = expression(depth - 1), expression(depth - 1)
    e = f"{left} {random.choice('&|+-')} {right}"
    return f"({e})" if random.random() < 0.4 else e


def nested():  # where bdpy's brackets go wrong
    a, b, c, d = random.choices(atoms[:8], k=4)
    o = lambda: random.choice("&|+-")
    return random.choice([f"{a} {o()} (({b} {o()} {c}) {o()} {d})", f"{a} {o()} ({b}) = 0", f"(({a} {o()} {b}) {o()} ({c} {o()} {d})) {o()} {a}"])


many, raised = {}, {}
while len(many) < 300:
    e = expression(random.randint(1, 3)) if len(many) < 220 else nested()
    try:
        many[e] = [int(j) for j in np.flatnonzero(select(s, e)[1])]
    except Exception as x:
        raised[e] = type(x).__name__
for e in ("(ROI_V1", "ROI_V1)", "ROI_V1 &", "& ROI_V1", "ROI_V1 ROI_V2 &", '"(" & ROI_V1', "ROI_V1 = ROI_V2 ="):
    try:
        select(s, e)
    except Exception as x:
        raised[e] = type(x).__name__
out["Many"], out["Raised"] = many, raised
json.dump(out, open("expect2.json", "w"), indent=0, ensure_ascii=False)
print(len(many), "selections,", len(raised), "raised,", out["V73"])
