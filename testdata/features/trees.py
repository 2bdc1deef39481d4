"""Makes feature trees in every layout that the field publishes, with the libraries that the field uses, and
trees.json: what bdpy's Features and DecodedFeatures (or, where bdpy cannot read a tree, SciPy and NumPy) answer.

Versions: bdpy 0.26, hdf5storage 0.2.2, SciPy 1.17.1, h5py 3.16.0, NumPy 2.4.6.
Value of unit i (flattened row-major) of label number k, layer number l: 1000 k + 100 l + i, but the large layer of
v73/conv5_1, which is i mod 97. Run in this folder: python3 trees.py
"""
import json
import os
import pickle
import shutil

import h5py
import hdf5storage
import numpy as np
import scipy.io as sio
from bdpy.dataform import DecodedFeatures, Features, save_array, save_feature
from bdpy.dataform.sparse import load_array

LAYERS = {"conv1_1": (2, 3, 4), "fc6": (5,), "fc8": (3,)}
LABELS = ["n01_10", "n01_9", "x [1]"]
out = {}


def value(layer, k, lead=True):
    l, unit = list(LAYERS).index(layer), LAYERS[layer]
    v = (1000.0 * k + 100 * l + np.arange(np.prod(unit))).astype("f4").reshape(unit)
    return v[np.newaxis] if lead else v


def path(*parts):
    p = os.path.join(*parts)
    os.makedirs(os.path.dirname(p), exist_ok=True)
    return p


def note(tree, reader, layers, labels, get, **more):
    e = dict(reader=reader, layers=sorted(layers), labels=sorted(labels), samples=[], **more)
    for sample in get:
        key, v = sample[:-1], np.asarray(sample[-1])
        e["samples"].append(dict(key=list(key), shape=list(v.shape), values=[float(x) for x in v.flatten(order="C")]))
    out[tree] = e


def features(tree, root):
    f = Features(root)
    note(tree, "bdpy Features", f.layers, f.labels,
         [(layer, label, "", "", "", f.get(layer, label)[0]) for layer in f.layers for label in f.labels])


def decoded(tree, root):
    d = DecodedFeatures(root)
    sets = [(s, r, x) for s in d.subjects for r in d.rois for x in (d.folds or [""])]
    got = []
    for layer in d.layers:
        for label in d.labels:
            for s, r, x in sets:
                try:
                    v = d.get(layer=layer, subject=s, roi=r, fold=x or None, label=label)
                except RuntimeError:
                    continue
                got.append((layer, label, s, r, x, v[0]))
    note(tree, "bdpy DecodedFeatures", d.layers, d.labels, got, subjects=sorted(d.subjects), rois=sorted(d.rois), folds=sorted(d.folds or []))


shutil.rmtree("trees", ignore_errors=True)
os.mkdir("trees")
os.chdir("trees")

# True features of version 5, below the name of the network.
for layer in LAYERS:
    for k, label in enumerate(LABELS):
        sio.savemat(path("v5", "VGG19", layer, label + ".mat"), {"feat": value(layer, k)}, do_compression=k == 1)
features("v5", "v5/VGG19")

# True features of version 7.3 by bdpy. conv5_1 is large enough for hdf5storage's shuffle, deflate and Fletcher32.
for layer in LAYERS:
    for k, label in enumerate(LABELS[:2]):
        save_feature(value(layer, k), "v73", layer, label)
for label in LABELS[:2]:
    save_feature((np.arange(16 * 20 * 20) % 97).astype("f4").reshape(1, 16, 20, 20), "v73", "conv5_1", label)
with h5py.File("v73/conv5_1/n01_9.mat") as f:
    assert f["feat"].shuffle and f["feat"].fletcher32 and f["feat"].compression == "gzip", "filters"
features("v73", "v73")

# What MATLAB itself writes as version 7.3: reversed axes, MATLAB_class, no attributes of Python; trailing axes of
# length 1 are gone. And plain HDF5 named .mat, as h5py writes it: axes as they are.
for layer in LAYERS:
    p = path("matlab73", layer, "a.mat")
    v = value(layer, 0)
    with h5py.File(p, "w", userblock_size=512) as f:
        d = f.create_dataset("feat", data=v.transpose())
        d.attrs["MATLAB_class"] = np.bytes_("single")
    with open(p, "r+b") as f:
        f.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")
    with h5py.File(path("plain", layer, "a.mat"), "w") as f:
        f["feat"] = v
features("matlab73", "matlab73")
note("plain", "NumPy", LAYERS, ["a"], [(layer, "a", "", "", "", value(layer, 0, False)) for layer in LAYERS])

# 2019: convolutions without the axis of samples, bdpy concatenates their channels; and all in one folder.
got = []
for layer in LAYERS:
    for subject, roi in (("S1", "VC"), ("S2", "VC"), ("S1", "V1")):
        for k, label in enumerate(["Img0001", "Img0012"]):
            name = f"natural-VGG19-{layer}-{subject}-{roi}-{label}.mat"
            v = value(layer, k, lead=layer.startswith("fc"))
            for p in (path("release", "natural", "VGG19", layer, subject, roi, name), path("flat", name)):
                sio.savemat(p, {"feat": v})
            got.append((layer, label, subject, roi, "", np.squeeze(sio.loadmat(p)["feat"])))
for tree in ("release", "flat"):
    note(tree, "SciPy", LAYERS, ["Img0001", "Img0012"], got, subjects=["S1", "S2"], rois=["V1", "VC"], folds=[])
# The short prefix.
for k, label in enumerate(["Img0001", "Img0012"]):
    sio.savemat(path("short", "fc8", "S1", "VC", f"S1-VC-{label}.mat"), {"feat": value("fc8", k)})
note("short", "SciPy", ["fc8"], ["Img0001", "Img0012"],
     [("fc8", label, "S1", "VC", "", value("fc8", k, False)) for k, label in enumerate(["Img0001", "Img0012"])],
     subjects=["S1"], rois=["VC"], folds=[])

# The tree of today, with arrays that bdpy saved dense and sparse.
for layer in LAYERS:
    for roi in ("V1", "HVC"):
        for k, label in enumerate(LABELS[:2]):
            save_array(path("decoded", layer, "sub-01", roi, label + ".mat"), value(layer, k), key="feat", dtype=np.float32)
decoded("decoded", "decoded")
for layer in ("conv1_1", "fc8"):
    v = value(layer, 1)
    v.flat[1::2] = 0
    p = path("sparse", layer, "sub-01", "V1", "a.mat")
    save_array(p, v, key="feat", dtype=np.float32, sparse=True)
    got = load_array(p, key="feat")
    assert np.array_equal(got, v)
note("sparse", "bdpy load_array", ["conv1_1", "fc8"], ["a"],
     [(layer, "a", "sub-01", "V1", "", load_array(f"sparse/{layer}/sub-01/V1/a.mat", key="feat")[0]) for layer in ("conv1_1", "fc8")],
     subjects=["sub-01"], rois=["V1"], folds=[])
# Julia's spelling of the same: plain HDF5, a matrix of indices in either orientation, numbers of any type.
v = value("conv1_1", 1)
v.flat[1::2] = 0
for label, axis in (("a", 0), ("b", 1)):
    with h5py.File(path("julia", "conv1_1", "sub-01", "V1", label + ".mat"), "w") as f:
        g = f.create_group("feat")
        at = np.nonzero(v)
        g["__bdpy_sparse_arrray"] = np.int64(1)
        g["background"] = np.int64(0)
        g["index"] = np.stack(at, axis=axis).astype("i8")
        g["shape"] = np.array(v.shape, "i8")
        g["value"] = v[at].astype("i8")
note("julia", "NumPy", ["conv1_1"], ["a", "b"], [("conv1_1", label, "sub-01", "V1", "", v[0]) for label in "ab"], subjects=["sub-01"], rois=["V1"], folds=[])

# Cross-validation, single trials.
for fold, first in (("cv-fold1", 0), ("cv-fold2", 2)):
    for k in (first, first + 1):
        label = f"sample{k + 1:06d}-n01_{k % 2}"
        save_array(path("cv", "fc8", "S1", "VC", fold, "decoded_features", label + ".mat"), value("fc8", k), key="feat", dtype=np.float32)
os.makedirs("cv/fc8/S1/VC/cv-fold1/model")
sio.savemat("cv/fc8/S1/VC/cv-fold1/model/W.mat", {"W": np.eye(2)})
decoded("cv", "cv")

# NumPy, in both orders, with and without the axis of samples.
np.save(path("npy", "conv1_1", "a.npy"), np.asfortranarray(value("conv1_1", 0)))
np.save(path("npy", "fc8", "a.npy"), value("fc8", 0, lead=False).astype("f8"))
note("npy", "NumPy", ["conv1_1", "fc8"], ["a"], [(layer, "a", "", "", "", value(layer, 0, False)) for layer in ("conv1_1", "fc8")])

# A variable for each layer in one file.
sio.savemat("decoded_vgg19_cnn_feat.mat", {layer: value(layer, 0, lead=layer != "conv1_1") for layer in LAYERS})
note("decoded_vgg19_cnn_feat.mat", "NumPy", LAYERS, ["decoded_vgg19_cnn_feat"],
     [(layer, "decoded_vgg19_cnn_feat", "", "", "", value(layer, 0, False)) for layer in LAYERS])

# Statistics: per channel and for a layer, as SciPy and hdf5storage write them, and bdpy's pickle.
sio.savemat("estimated_cnn_feat_std_chwise_dof1.mat", {"conv1_1": np.array([1.5, 2.5], "f4").reshape(2, 1, 1), "fc8": np.array([[3.5]], "f4")})
hdf5storage.savemat("features-mean.mat", {layer: value(layer, 0) for layer in LAYERS}, format="7.3")
stat = {("mean", "fc8"): value("fc8", 2), ("std, ddof=1", "fc8"): value("fc8", 3).astype("f8"), ("mean", "conv1_1"): np.asfortranarray(value("conv1_1", 1))}
for protocol in (2, 5):
    with open(path(f"pickle{protocol}", "statistics.pkl"), "wb") as f:
        pickle.dump(stat, f, protocol)
# A choice of units, as feature_index.
hdf5storage.savemat("index.mat", {"index": {"conv1_1": np.array([3, 0, 23]), "fc8": np.array([2, 1])}}, format="7.3")

sio.savemat("index5.mat", {"index": {"conv1_1": np.array([3, 0, 23]), "fc8": np.array([2, 1])}})

os.chdir("..")
with open("trees.json", "w") as f:
    json.dump(out, f, separators=(",", ":"))
    f.write("\n")
