"""Writes a BData file of the size of the lab's largest, 6,000 samples x 11,729 columns, with bdpy and seeded values.

    python3 big_bdata.py FILE [ROWS]        563 MB; not committed. For: reverie bench --peer python3 FILE
"""
import sys
import numpy as np
from bdpy import BData

path, rows = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 6000
columns, voxels = 11729, 11720
rng = np.random.default_rng(2017)
b = BData()
b.add(rng.standard_normal((rows, voxels)), "VoxelData")
edge = np.linspace(0, voxels, 9).astype(int)
for i, roi in enumerate(["V1", "V2", "V3", "hV4", "LOC", "FFA", "PPA", "HVC"]):
    m = np.zeros(voxels)
    m[edge[i]:edge[i + 1]] = 1
    b.add_metadata("ROI_" + roi, m, "1 = ROI " + roi, where="VoxelData")
run = np.arange(rows) // 50 + 1.0
for key, value in {"Session": run // 8 + 1, "Run": run, "Block": np.arange(rows) % 50 + 1.0, "stimulus_name": np.arange(rows) % 1200 + 1.0}.items():
    b.add(value[:, None], key)
b.add(np.zeros((rows, columns - voxels - 4)), "MotionParameter")
b.add_vmap("stimulus_name", {i + 1: f"n{i:08d}_{i}" for i in range(1200)})
b.save(path)
