"""Reads with bdpy 0.26 (and SciPy, for the layout of the 2019 release) what the program wrote, in the folder that
REVERIE_KEEP named for TestSave in app/dataset/features, and compares each value.

    REVERIE_KEEP=folder go test -run TestSave$ ./app/dataset/features
    python3 check_bdpy.py folder
"""
import os
import sys

import numpy as np
import scipy.io as sio
from bdpy.dataform import DecodedFeatures, Features

root = sys.argv[1]
shapes = {"conv1_1": (2, 3, 4), "fc8": (5,), "one": (1,)}
labels = ["b", "é", "a [1]"]
values = 0


def same(got, layer, k, i, lead=True):
    global values
    want = (1000 * k + 100 * i + 0.5 + np.arange(np.prod(shapes[layer]))).astype("f4").reshape(((1,) if lead else ()) + shapes[layer])
    assert got.dtype == np.float32 and got.shape == want.shape and np.array_equal(got, want), (layer, k, i, got, want)
    values += got.size


f = Features(os.path.join(root, "true features"))
assert f.layers == sorted(shapes) and f.labels == sorted(labels), (f.layers, f.labels)
for layer in shapes:
    for i, label in enumerate(labels):
        same(f.get(layer, label), layer, 0, i)
    assert f.get(layer).shape == (3,) + shapes[layer]
d = DecodedFeatures(os.path.join(root, "decoded features"))
assert sorted(d.layers) == sorted(shapes) and sorted(d.subjects) == ["S1", "S2"] and sorted(d.rois) == ["V1", "VC"] and d.folds is None
for layer in shapes:
    for k, (subject, roi) in enumerate((("S1", "VC"), ("S2", "V1"))):
        for i, label in enumerate(labels):
            same(d.get(layer=layer, subject=subject, roi=roi, label=label), layer, k, i)
d = DecodedFeatures(os.path.join(root, "folds"))
assert sorted(d.folds) == ["cv-fold1", "cv-fold2"], d.folds
for layer in shapes:
    for k, fold in enumerate(("cv-fold1", "cv-fold2")):
        for i, label in enumerate(labels):
            same(d.get(layer=layer, subject="S1", roi="VC", fold=fold, label=label), layer, k, i)
for layer in shapes:
    for i, label in enumerate(labels):
        p = os.path.join(root, "2019 release", "natural", "VGG19", layer, "S1", "VC", f"natural-VGG19-{layer}-S1-VC-{label}.mat")
        same(sio.loadmat(p)["feat"], layer, 0, i, lead=len(shapes[layer]) == 1)
stat = sio.loadmat(os.path.join(root, "std.mat"))
assert stat["fc8"].shape == (1, 1) and stat["fc8"] == 2.5 and stat["conv1_1"].shape == (2, 1, 1) and list(stat["conv1_1"].flat) == [1, 2]
print(f"{values} values read as they were written")
