"""Opens with bdpy a subject file that the program wrote and compares it with what the Go test put in.

    REVERIE_KEEP=out.h5 go test -run TestWriteOpens ./app/dataset/bdata && python3 testdata/bdata/check_bdpy.py app/dataset/bdata/out.h5
"""
import sys

import numpy as np
from bdpy import BData

b = BData(sys.argv[1])
assert b.dataset.shape == (9, 7), b.dataset.shape
assert np.array_equal(b.select("VoxelData"), np.arange(9)[:, None] * 10 + np.arange(5)), "voxels"
assert b.select("ROI_V1 + ROI_V2").shape == (9, 4)
assert list(b.metadata.key) == ["VoxelData", "ROI_V1", "ROI_V2", "Run", "stimulus_name"], b.metadata.key
assert b.metadata.description[0] == "1 = VoxelData"
assert b.get_label("stimulus_name") == ["cat", "caf\u00e9", "n/a"] * 3, b.get_label("stimulus_name")
assert b.get_vmap("stimulus_name") == {1.0: "cat", 2.5: "caf\u00e9"}
b.save(sys.argv[1] + ".again.h5")
print("bdpy reads", sys.argv[1], "as it was written")
