"""Reads with SciPy and Pillow what the program wrote in the lab's layout.

REVERIE_LAB_OUT=FOLDER go test ./app/pipeline -run LabWrites leaves a folder; then python3 check.py FOLDER.
"""
import io
import sys

import numpy as np
import PIL.Image
import scipy.io as sio

root = sys.argv[1]
y, x, c = np.meshgrid(np.arange(48), np.arange(64), np.arange(3), indexing="ij")
want = (x * 4 + y * 2.5 - 40 * c + 0.125).astype("float32")
for name, dtype in [("a", "float32"), ("b", "float64")]:
    m = sio.loadmat(f"{root}/layers-1to3/S1/VC/recon_img-{name}.mat")["recon_img"]
    assert m.dtype == dtype and m.shape == (48, 64, 3) and np.array_equal(m.astype("float32"), want), m.dtype
m = sio.loadmat(f"{root}/S1/VC/recon_image-a.mat")
assert np.array_equal(m["recon_image"], want) and np.array_equal(m["loss_history"], [[3.0, 2.0, 1.0]]), m
tiff = PIL.Image.open(f"{root}/S1/VC/recon_image-a.tiff")
assert tiff.mode == "RGB" and tiff.size == (64, 48), tiff


def shown(pct):
    low, high = (np.percentile(want.astype("float64"), q).astype("float32") for q in (pct / 2, 100 - pct / 2))
    v = np.clip(want, low, high)
    v = v - v.min()
    return np.uint8(v * (255.0 / v.max()))


assert np.array_equal(np.array(tiff), shown(4)), "tiff"
for path, pct in [("layers-1to3/S1/VC/recon_img_normalized-a.jpg", 4), ("layers-1to3/S1/VC/snapshots/image-a/00010.jpg", 0), ("S1/VC/snapshots/image-a/000010.jpg", 0)]:
    j = PIL.Image.open(f"{root}/{path}")
    mine = np.abs(np.array(j).astype(float) - shown(pct)).mean()
    held = io.BytesIO()
    PIL.Image.fromarray(shown(pct)).save(held, "JPEG")
    p = PIL.Image.open(held)
    pillow = np.abs(np.array(p).astype(float) - shown(pct)).mean()
    assert j.mode == "RGB" and j.layer == p.layer and j.quantization == p.quantization, (j.layer, p.layer)
    print(path, "JPEG loss", round(mine, 3), "Pillow's", round(pillow, 3), "tables and subsampling equal")
print("all read as expected")
