"""Makes real.json: what SciPy, NumPy, h5py and bdpy 0.26 read from published files that are not stored here, each as
its path in the collection of specimens, variable, shape, and the SHA-256 of its float32 values in C order.

Run: python3 real.py folder-of-specimens
"""
import hashlib
import json
import os
import sys

import h5py
import numpy as np
import scipy.io as sio
from bdpy.dataform.sparse import load_array

root = sys.argv[1]
model = "bdpy/tests/data/test_models/fastl2lir-nochunk-bd/"
std = "InterIndividualDeepImageReconstruction/image_reconstruction/data/estimated_vgg19_cnn_feat_std.mat"
out = {"arrays": [], "std": {}}


def add(path, name, v):
    v = np.ascontiguousarray(v, "f4")
    out["arrays"].append(dict(path=path, name=name, shape=list(v.shape), sha256=hashlib.sha256(v.tobytes()).hexdigest()))


for path, name in (("icnn/test/initial_gen_feat.mat", "initial_gen_feat"), ("icnn/test/icnn_gd/recon_img.mat", "recon_img"),
                   ("synthesizing/ilsvrc_2012_mean.mat", "image_mean"), ("DISTS/alpha_beta.mat", "alpha")):
    add(path, name, sio.loadmat(os.path.join(root, path))[name])
for path in ("caffe/python/caffe/imagenet/ilsvrc_2012_mean.npy", "aesthetic-predictor/rating0.npy"):
    add(path, "", np.load(os.path.join(root, path)))
add(model + "W.mat", "W", load_array(os.path.join(root, model, "W.mat"), key="W"))
add(model + "b.mat", "b", load_array(os.path.join(root, model, "b.mat"), key="b"))
with h5py.File(os.path.join(root, "bdpy/tests/data/array_jl_dense_v1.mat")) as f:
    add("bdpy/tests/data/array_jl_dense_v1.mat", "a", f["a"][()])
for name, v in sio.loadmat(os.path.join(root, std)).items():
    if not name.startswith("__"):
        out["std"][name] = float(v[0, 0])
out["stdPath"] = std
with open("real.json", "w") as f:
    json.dump(out, f, indent=0)
    f.write("\n")
