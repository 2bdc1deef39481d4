"""Makes small files of kinds that no specimen has, and small.json with their content: safetensors written by the
safetensors library, and pickles of every protocol with arrays by NumPy, one packed by gzip.

    python3 small.py
"""
import gzip, json, os, pickle
import numpy as np, safetensors.torch, torch

os.chdir(os.path.dirname(os.path.abspath(__file__)))
want = {}

t = {
    "f32": torch.tensor([[1.5, -2.25, 1e-20], [0, 3, 4]]), "f64": torch.tensor([1 / 3, 1e300], dtype=torch.float64),
    "f16": torch.tensor([0.1, -65504, 6e-8], dtype=torch.float16), "bf16": torch.tensor([0.1, -3e38], dtype=torch.bfloat16),
    "i64": torch.tensor([-(2**62), 2**53 + 1]), "i32": torch.tensor([-7, 2**31 - 1], dtype=torch.int32),
    "u8": torch.tensor([0, 255], dtype=torch.uint8), "scalar": torch.tensor(2.5), "none": torch.zeros(0, 3),
}
safetensors.torch.save_file(t, "small.safetensors", metadata={"format": "pt"})
want["small.safetensors"] = {k: {"shape": list(v.shape), "first": [repr(x) for x in v.flatten().tolist()[:5]]} for k, v in t.items()}

r = np.random.default_rng(1)
a = {
    "f8": r.standard_normal((3, 4)), "f4": r.standard_normal(5).astype("f4"), "big": r.standard_normal((2, 2)).astype(">f8"),
    "fortran": np.asfortranarray(r.standard_normal((3, 4, 2))), "i2": np.array([-3, 4], "i2"), "scalar": np.float64(2.5), "empty": np.zeros((0, 2)),
}
for p in range(6):
    name = f"arrays{p}.pkl"
    data = pickle.dumps(a, protocol=p)
    if p == 5:
        name += ".gz"
        data = gzip.compress(data, mtime=0)
    open(name, "wb").write(data)
    want[name] = {"value/" + k: {"shape": list(np.shape(v)), "first": [repr(float(x)) for x in np.ravel(v)[:5]]} for k, v in a.items()}
json.dump(want, open("small.json", "w"), indent=0, sort_keys=True)
