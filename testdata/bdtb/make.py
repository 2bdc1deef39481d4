"""Makes twin.mat, a small synthetic twin of a BDTB-1.0 file, and what its block means must be.

twin.mat has the layout of NeuralCodeConverter's S2_figureImage.mat (github.com/KamitaniLab/NeuralCodeConverter, data
under ODC-BY): MATLAB v7.3 with a 512-byte user block, reversed dimensions, cells by reference, chars as uint16, 4 runs of
130 volumes, 10 volumes of initial rest, ten blocks of 6 volumes, the first five in one order. The signal is
made up: each of the five conditions drives its own voxels with 4 s delay, plus drift, noise and spikes; voxel 7 is dead.

Expected values: scipy.signal.detrend and numpy, written out below, and compared here with bdpy.preproc (0.26).
With the real file at hand, real.json holds the block means of eight of its voxels by the same route:

    python3 make.py [S2_figureImage.mat]
"""
import contextlib
import io
import json
import sys

import h5py
import numpy as np
from bdpy.preproc import detrend_sample, normalize_sample, reduce_outlier
from scipy.signal import detrend

NAMES = ["test pre rest", "test rest", "square8x8", "smallFrame8x8", "largeFrame8x8", "plus8x8", "cross8x8"]
NUMBERS = [1, 2, 2001, 2002, 2003, 2004, 2005]
RUNS, VOLS, VOX = 4, 130, 40


def matlab_class(d, name, decode=None):
    d.attrs["MATLAB_class"] = np.bytes_(name)
    if decode:
        d.attrs["MATLAB_int_decode"] = np.int32(decode)


def put(f, path, m):
    """A MATLAB matrix m (rows x columns) as MATLAB stores it."""
    m = np.atleast_2d(np.asarray(m, dtype="f8"))
    opt = dict(compression="gzip", chunks=True) if m.size > 1000 else {}
    d = f.create_dataset(path, data=np.ascontiguousarray(m.T), **opt)
    matlab_class(d, "double")
    return d


def put_text(f, path, s):
    d = f.create_dataset(path, data=np.array([[ord(c)] for c in s], dtype="<u2"))
    matlab_class(d, "char", 2)
    return d


def put_cells(f, path, items, column):
    refs = np.array([i.ref for i in items], dtype=h5py.ref_dtype)
    d = f.create_dataset(path, data=refs[None, :] if column else refs[:, None], dtype=h5py.ref_dtype)
    matlab_class(d, "cell")


def fields(g, names):
    t = h5py.vlen_dtype(np.dtype("S1"))
    g.attrs["MATLAB_class"] = np.bytes_("struct")
    g.attrs.create("MATLAB_fields", np.array([np.array([c.encode() for c in n], dtype="S1") for n in names] + [None], dtype=object)[:-1], dtype=t)


def twin():
    rng = np.random.default_rng(2011)
    labels = []
    for run in range(RUNS):
        order = [2001, 2002, 2004, 2005, 2003]
        labels += [1] * 10
        # The real runs begin to differ at the sixth block; a rotation makes sure of that.
        for c in order + (list(rng.permutation(order)) if run else [2004, 2003, 2005, 2001, 2002]):
            labels += [c] * 6 + [2] * 6
    labels = np.array(labels)
    x = rng.normal(0, 4, (RUNS * VOLS, VOX)) + rng.uniform(400, 900, VOX)
    for k, number in enumerate(NUMBERS[2:]):
        on = np.roll(labels == number, 2).astype(float)
        x[:, k * 8:k * 8 + 6] += 9 * on[:, None]
    x += np.tile(np.linspace(-15, 15, VOLS), RUNS)[:, None] * rng.normal(0, 1, VOX)
    for t, v, a in ((33, 3, 300), (200, 12, -250), (201, 12, 400), (500, 39, 500)):
        x[t, v] += a
    x = np.round(x)
    x[:, 7] = 0
    with h5py.File("twin.mat", "w", userblock_size=512) as f:
        refs = f.create_group("#refs#")
        count = iter(range(10**6))

        def ref(make, value):
            return make(refs, "r%d" % next(count), value)

        put(f, "D/data", x)
        put(f, "D/labels", labels[:, None])
        put(f, "D/xyz", rng.integers(-60, 60, (3, VOX)))
        put(f, "D/tvals", np.ones((1, VOX)))
        n = len(labels)
        put(f, "D/inds_blocks", np.array([np.arange(n) + 1] * 2))
        put(f, "D/inds_runs", np.array([np.arange(RUNS) * VOLS + 1, (np.arange(RUNS) + 1) * VOLS]))
        put_cells(f, "D/labels_names", [ref(put_text, s) for s in NAMES], False)
        put_cells(f, "D/inds_conds", [ref(put, np.flatnonzero(labels == c)[None] + 1) for c in NUMBERS], True)
        rois = {"VOX_LH_V1d": range(1, 16), "VOX_LH_V1v": range(12, 22), "VOX_RH_V1d": range(20, 34), "VOX_RH_V1v": range(33, 41)}
        put_cells(f, "D/rois_names", [ref(put_text, s) for s in rois], False)
        put_cells(f, "D/rois_inds", [ref(put, np.array(v)[None]) for v in rois.values()], False)
        put_text(f, "D/sbj_id", "TWIN")
        fields(f["D"], list(f["D"]))
        put(f, "P/fMRI/TR", [[2]])
        fields(f["P/fMRI"], ["TR"])
        fields(f["P"], ["fMRI"])
    with open("twin.mat", "r+b") as f:
        f.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64, synthetic twin by h5py".ljust(116))
        f.seek(124)
        f.write(b"\x00\x02IM")


def by_bdpy(x, run, first, times):
    out = np.empty_like(x)
    with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        y = detrend_sample(x, run)
        for r in np.unique(run):
            i = run == r
            # bdpy 0.26 compares the baseline with a string, which fails for arrays of numpy 2: the
            # same through "All" on the baseline alone, by its own mean.
            z = y[i]
            b = z - normalize_sample(z, mode="SubtractMean")  # the mean over all
            b = b[0] + normalize_sample(z, mode="SubtractMean")[first[i]].mean(0)
            out[i] = np.nan_to_num(np.divide(100.0 * (z - b), b))
        return reduce_outlier(out, run, maxmin=False, n_iter=times)


def by_numpy(x, run, first, times):
    out = np.empty_like(x)
    for r in np.unique(run):
        i = run == r
        z = x[i]
        z = detrend(z, axis=0) + z.mean(0)
        b = z[first[i]].mean(0)
        with np.errstate(all="ignore"):
            z = np.nan_to_num(100 * (z - b) / b)
        for _ in range(times):
            z = np.clip(z, z.mean(0) - 3 * z.std(0), z.mean(0) + 3 * z.std(0))
        out[i] = z
    return out


def blocks(x, labels, run, times):
    first = labels == 1
    y = by_numpy(x, run, first, times)
    assert np.allclose(y, by_bdpy(x, run, first, times), atol=1e-9)
    out = []
    for r in np.unique(run):
        at = np.flatnonzero(run == r)
        edges = [at[0]] + [t for t in at[1:] if labels[t] != labels[t - 1]] + [at[-1] + 1]
        for a, b in zip(edges, edges[1:]):
            if labels[a] > 2:
                out.append((int(r), int(labels[a]), y[a + 2:min(b + 2, at[-1] + 1)].mean(0)))
    return out


def expected(path, voxels):
    with h5py.File(path) as f:
        x, labels, ends = f["D/data"][()].T.copy(), f["D/labels"][()].ravel().astype(int), f["D/inds_runs"][()]
    run = np.zeros(len(labels), int)
    for r, (a, b) in enumerate(ends.astype(int)):
        run[a - 1:b] = r + 1
    voxels = list(range(x.shape[1])) if voxels is None else voxels
    one, ten = blocks(x, labels, run, 1), blocks(x, labels, run, 10)
    return {"voxels": voxels, "runs": [b[0] for b in one], "labels": [NAMES[NUMBERS.index(b[1])] for b in one],
            "once": [[round(float(b[2][v]), 10) for v in voxels] for b in one],
            "tenTimes": [[round(float(b[2][v]), 10) for v in voxels] for b in ten]}


twin()
json.dump(expected("twin.mat", None), open("twin.json", "w"))
if len(sys.argv) > 1:
    json.dump(expected(sys.argv[1], [0, 13, 101, 255, 404, 555, 731, 909]), open("real.json", "w"))
