"""Opens with SciPy what the Go tests wrote and compares it with what they put in.

    REVERIE_KEEP=$PWD/out.mat go test -run TestWriteOpens ./compute/format/mat && python3 testdata/formats/arrays/check.py out.mat
"""
import sys

import numpy as np
from scipy.io import loadmat, whosmat

for path in [sys.argv[1], sys.argv[1] + ".packed.mat"]:
    who = {n: (s, c) for n, s, c in whosmat(path, chars_as_strings=False)}
    m = loadmat(path)
    assert who["feat"] == ((1, 4, 3, 2), "single"), who["feat"]
    assert np.array_equal(m["feat"], np.arange(24, dtype="f4").reshape(1, 4, 3, 2)), m["feat"]
    assert np.array_equal(m["d"], np.arange(15.0).reshape((3, 5), order="F"))
    for name, t, shape in [("i8", "i1", (1, 3)), ("u8", "u1", (1, 9)), ("i16", "i2", (2, 1)), ("u16", "u2", (1, 3)), ("i32", "i4", (1, 1)), ("u32", "u4", (1, 3))]:
        a = m[name]
        assert a.dtype == t and a.shape == shape and np.array_equal(a.ravel(), np.arange(a.size)), (name, a)
    assert m["i64"].tolist() == [[-2**63, 2**63 - 1]] and m["u64"].tolist() == [[1, 2**64 - 1]]
    assert m["empty"].shape == (0, 3)
    assert m["text"].tolist() == ["stimulus \u8996\u899a \U0001f9e0"], m["text"]
    assert m["notext"].size == 0
    assert who["flags"][1] == "logical" and m["flags"].tolist() == [[1, 0, 0, 1, 1]]
    assert m["z"].tolist() == [[1j, -2.5]]
    assert m["cell"].shape == (1, 3) and m["cell"][0, 0].tolist() == ["V1"] and m["cell"][0, 1].shape == (0, 0)
    assert m["cell"][0, 2].tolist() == [[1], [2**60]]
    s = m["s"]
    assert s.shape == (1, 2) and s.dtype.names == ("__bdpy_sparse_arrray", "index"), s.dtype
    assert s[0, 0]["__bdpy_sparse_arrray"].tolist() == ["a"] and s[0, 1]["index"].tolist() == ["b"]
    deep = m["deep"]
    for _ in range(40):
        deep = deep[0, 0]
    assert deep[0, 0].tolist() == ["V1"]
    print("SciPy reads", path, "as it was written:", len(who), "variables")
