"""Makes a subject file of the size of the lab's largest and times h5py reading from it.

    python3 big.py FILE            writes 6,000 samples x 11,729 columns with bdpy, seeded, 563 MB; not committed
    python3 big.py --time FILE     the best of five fresh processes for each selection of BenchmarkBig

The columns are those of ../bench/big_bdata.py; ROI_VC (all voxels, as in the lab's VC files) and ROI_scattered (4,000
columns that do not lie together, as regions do) are added. For:

    REVERIE_BIG_BDATA=FILE go test -run '^$' -bench Big -benchtime 5x ./app/dataset/bdata
"""
import json, pathlib, runpy, subprocess, sys, time

SELECTIONS = ["ROI_VC", "ROI_V1", "ROI_scattered"]


def make(path):
    import numpy as np
    sys.argv = ["big_bdata.py", path]
    b = runpy.run_path(str(pathlib.Path(__file__).parents[1] / "bench" / "big_bdata.py"))["b"]
    voxels = int(np.sum(b.metadata.get("VoxelData", "value") == 1))
    scattered = np.zeros(voxels)
    scattered[np.random.default_rng(4).choice(voxels, 4000, replace=False)] = 1
    b.add_metadata("ROI_VC", np.ones(voxels), "1 = ROI VC", where="VoxelData")
    b.add_metadata("ROI_scattered", scattered, "1 = ROI scattered", where="VoxelData")
    b.save(path)


def read(path, key, way):
    """One selection, in a process of its own: memory that was used before is several times faster to fill."""
    import h5py, numpy as np
    begun = time.perf_counter()
    with h5py.File(path) as f:
        # What a reader of subject data knows after opening: keys, descriptions, values, names of labels.
        keys, descriptions = ([k.decode() for k in f["metadata"][n][:]] for n in ("key", "description"))
        value = f["metadata/value"][:]
        names = {k: {float(n): v[()].decode() for n, v in g.items()} for k, g in f["vmap"].items()}
        opened = time.perf_counter()
        at = np.flatnonzero(value[keys.index(key)] == 1)
        if way == "slice":
            x = f["dataset"][:, at[0]:at[-1] + 1]
        else:  # as bdpy
            x = f["dataset"][:][:, at]
        done = time.perf_counter()
    assert x.shape == (6000, len(at)) and len(names["stimulus_name"]) == 1200 and len(descriptions) == len(keys), x.shape
    peak = next((int(l.split()[1]) << 10 for l in open("/proc/self/status") if l.startswith("VmHWM")), 0)
    print(json.dumps({"open": opened - begun, "select": done - opened, "MB": x.nbytes / 1e6, "peak_MB": peak / 1e6, "sum": float(x[-1].sum())}))


def timed(path):
    for key in SELECTIONS:
        for way in ["all"] if key == "ROI_scattered" else ["slice", "all"]:
            runs = [json.loads(subprocess.check_output([sys.executable, __file__, "--one", path, key, way])) for _ in range(5)]
            best = {k: min(r[k] for r in runs) for k in runs[0]}
            print(f"{key:14} {way:6} open {best['open']:.3f} s, select {best['select']:.3f} s, {best['MB']:.0f} MB, peak {best['peak_MB']:.0f} MB, sum {best['sum']:.9g}")


if sys.argv[1] == "--time":
    timed(sys.argv[2])
elif sys.argv[1] == "--one":
    read(*sys.argv[2:])
else:
    make(sys.argv[1])
