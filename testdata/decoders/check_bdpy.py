"""Reads with bdpy what the program wrote, as the lab's scripts do it, and compares the decoded features with the program's.

    REVERIE_PYTHON=python3 go test -run TestWrite$ -v ./app/dataset/decoders/lab

calls it with a folder of model folders and ours.json, the program's predictions. Checked with bdpy 0.26 on hdf5storage
0.2.2 and NumPy 2.2.6, and on hdf5storage 0.1.19, h5py 3.11 and NumPy 1.26.4.
"""
import contextlib
import io
import json
import os
import sys

import numpy as np
import yaml
from bdpy.dataform import load_array
from bdpy.ml import ModelTest
from fastl2lir import FastL2LiR

root = sys.argv[1]
for name, want in json.load(open(root + "/ours.json")).items():
    d = os.path.join(root, name)
    norm = {}
    for k in ("x_mean", "x_norm", "y_mean", "y_norm"):
        p = f"{d}/{k}.mat"
        if os.path.exists(p):
            norm[k] = load_array(p, key=k)
            assert norm[k].dtype == np.float32 and norm[k].shape[0] == 1, (k, norm[k].dtype, norm[k].shape)
    x = np.array(want["x"]).reshape(-1, want["voxels"])
    z = (x - norm.get("x_mean", 0)) / norm.get("x_norm", 1)
    chunked = os.path.isdir(d + "/W")
    with contextlib.redirect_stdout(io.StringIO()):
        t = ModelTest(FastL2LiR(), z)
        t.model_format, t.model_path, t.chunk_axis, t.dtype = "bdmodel", d, 1 if chunked else None, np.float64
        y = t.run()
    y = y * norm.get("y_norm", 1) + norm.get("y_mean", 0)
    assert list(y.shape) == [len(x)] + want["shape"], (y.shape, want["shape"])
    ours = np.array(want["predictions"]).reshape(y.shape)
    far = np.abs(y - ours).max() / np.abs(y).max()
    info = yaml.safe_load(open(d + "/info.yaml"))
    assert info["_status"] == {"computation_id": want["id"], "computation_status": "done"}, info
    assert far < 1e-6, (name, far)
    print(f"{name}: {y.shape}, {far:.2g} of the largest prediction apart")
