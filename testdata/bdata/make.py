"""Makes sample.h5 (a small subject file written by bdpy 0.26) and expect.json (what bdpy itself answers).

Run in this folder: python3 make.py      Checked by app/dataset/bdata.
"""
import contextlib
import io
import json

import h5py
import numpy as np
from bdpy import BData

rng = np.random.default_rng(20170)
n, v = 24, 30
b = BData()
b.add(rng.standard_normal((n, v)), "VoxelData")


def roi(name, cols):
    x = np.full(v, 0.0)
    x[cols] = 1
    b.add_metadata(name, x, "1 = ROI " + name, where="VoxelData")


roi("ROI_V1", range(0, 8))
roi("ROI_V2", range(6, 14))
roi("ROI_V3", range(14, 18))
roi("ROI_hV4", range(18, 22))
roi("ROI_HVC", range(20, 30))
roi("ROI_L-V1", [1, 3, 29])
roi("ROI_none", [])
roi("ROI_caf\u00e9", [2])
b.add_metadata("voxel_x", np.arange(v) / 2.0, "x", where="VoxelData")
run = np.repeat([1.0, 2.0, 1.0, 2.0], 6)
b.add(np.repeat([1.0, 2.0], 12)[:, None], "Session")
b.add(run[:, None], "Run")
label = np.tile([1, 2, 3, 10, 2, np.nan], 4)
b.add(label[:, None], "stimulus_name")
b.add(np.tile([7, 8, 9, 1518878.005958, 8, np.nan], 4)[:, None], "stimulus_id")
b.add_vmap("stimulus_name", {1: "cat", 2: "dog", 3: "caf\u00e9", 10: "n01518878_5958"})
b.save("sample.h5")
# The header that bdpy adds quotes the folder and source of this script: a short one of the same types instead.
with h5py.File("sample.h5") as old:
    parts = io.BytesIO()
    with h5py.File(parts, "w") as new:
        for k in ("dataset", "metadata", "vmap"):
            old.copy(k, new)
        new["header/ctime"] = b"2026-11-23 00:00:00"
        new["header/ctime_epoch"] = 1795392000.0
        new["header/callstack"] = [b"make.py:1"]
open("sample.h5", "wb").write(parts.getvalue())

b = BData("sample.h5")  # what was read back is what is expected
exprs = [
    "ROI_V1", "ROI_V1 = 1", "ROI_V1=0", "ROI_V1 = 2", "ROI_V1 + ROI_V2", "ROI_V1 | ROI_V2", "ROI_V1 & ROI_V2",
    "ROI_V1 - ROI_V2", "ROI_*", "ROI_V*", "*V*", "ROI_V* = 1", "(ROI_V1 = 1) | (ROI_V2 = 1)", "ROI_ V1",
    "'ROI_L-V1'", '"ROI_L-V1" & ROI_V1', "ROI_V1 | ROI_V2 & ROI_V3", "ROI_V3 & ROI_V1 | ROI_V2",
    "ROI_* - (ROI_V1 | ROI_V2)", "ROI_V1 & (ROI_V2 | ROI_V3) & ROI_*", "((ROI_V1 | ROI_V2) & ROI_V2) | ROI_V3",
    "VoxelData - (ROI_V1 - (ROI_V2 | ROI_V3))", "VoxelData - ROI_HVC - ROI_V1", "ROI_none", "ROI_none + Run",
    "Run", "voxel_x", "voxel_x = 1", "ROI_caf\u00e9", "ROI_V1 = 01", "VoxelData = 0 & Run",
]
# Where bdpy's bracket handling departs from algebra: its answer is kept to show the difference.
differ = ["ROI_V3 | ((ROI_V1 | ROI_V2) & ROI_V1)", "ROI_V1 - (ROI_V2) = 0"]


def columns(e):
    with contextlib.redirect_stdout(io.StringIO()):
        _, i = b.select(e, return_index=True)
    return [int(j) for j in np.flatnonzero(i)]


out = {
    "select": {e: columns(e) for e in exprs},
    "differ": {e: columns(e) for e in differ},
    "labels": b.get_label("stimulus_name"),
    "keys": list(b.metadata.key),
    "v1v2": b.select("ROI_V1 - ROI_V2").ravel().tolist(),
    "session": b.select("Session").ravel().tolist(),
}
json.dump(out, open("expect.json", "w"), indent=0, ensure_ascii=False)
