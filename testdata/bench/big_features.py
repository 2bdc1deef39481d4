"""Writes decoded features of VGG19's full size in the field's trees, seeded values: FOLDER/<kind>/<layer>/S1/VC/<label>.mat

    python3 big_features.py FOLDER [LABELS]      kinds v5 and v5z (SciPy, plain and compressed), v73 (hdf5storage)

60 MB for each label and kind; not committed. For: reverie bench --peer python3 FOLDER/v5 FOLDER/v5z FOLDER/v73
"""
import os, sys
import hdf5storage
import numpy as np
import scipy.io as sio

root, labels = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 4
channels, side = [64, 64, 128, 128, 256, 256, 256, 256] + [512] * 8, [224] * 2 + [112] * 2 + [56] * 4 + [28] * 4 + [14] * 4
names = ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv3_3", "conv3_4", "conv4_1", "conv4_2", "conv4_3", "conv4_4", "conv5_1", "conv5_2", "conv5_3", "conv5_4"]
shapes = {n: (1, c, s, s) for n, c, s in zip(names, channels, side)} | {"fc6": (1, 4096), "fc7": (1, 4096), "fc8": (1, 1000)}
rng = np.random.default_rng(19)
for layer, shape in shapes.items():
    for k in range(labels):
        v = np.maximum(rng.standard_normal(shape), -0.5).astype("f4")
        for kind in ("v5", "v5z", "v73"):
            d = f"{root}/{kind}/{layer}/S1/VC"
            os.makedirs(d, exist_ok=True)
            p = f"{d}/n{k:08d}_{k}.mat"
            if kind == "v73":
                hdf5storage.savemat(p, {"feat": v}, format="7.3", truncate_existing=True)
            else:
                sio.savemat(p, {"feat": v}, do_compression=kind == "v5z")
