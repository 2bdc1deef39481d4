"""Makes a two-layer feature folder in bdpy's chunked layout (format version 1) with h5py 3, as the docstring of
bdpy's bdpy/dataform/feature_hdf5.py (2026, unreleased) describes it. No released bdpy writes it.

Values: features[i, ...] = 100 i + position in the flattened sample. Run in this folder: python3 make.py
"""
import os

import h5py
import numpy as np

os.makedirs("store", exist_ok=True)
labels = ["n01518878_5958", "caf\u00e9", "b"]
for layer, unit, chunk in (("conv1_1", (4, 3, 2), (2, 3, 3, 2)), ("fc8", (10,), (3, 10))):
    n = int(np.prod(unit))
    x = (100.0 * np.arange(3)[:, None] + np.arange(n)).reshape(3, *unit).astype("f4")
    with h5py.File(f"store/{layer}.h5", "w") as f:
        f.attrs["bdpy_format"] = "features"
        f.attrs["bdpy_format_version"] = 1
        f.create_dataset("features", data=x, maxshape=(None, *unit), chunks=chunk)
        f.create_dataset("labels", data=np.array(labels, dtype=object), maxshape=(None,), chunks=(64,), dtype=h5py.string_dtype("utf-8"))
