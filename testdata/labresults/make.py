"""Results in the lab's layout and options of its runs, as SciPy, Pillow and pickle write and read them.

Run in this folder: python3 make.py DATA  with DATA the folder of the published specimens:
  paper/, cookbook/  small trees of both layouts, written by SciPy and Pillow
  options/*.pkl      options with every key of the released functions, protocols 0 to 4
  expected.json      what is in them, and in the option files of the released runs below DATA
"""
import json
import os
import pickle
import sys

import numpy as np
import PIL.Image
import scipy
import scipy.io as sio

H, W = 3, 4


def picture(seed, dtype):
    return np.random.default_rng(seed).uniform(-40, 300, (H, W, 3)).astype(dtype)


def bytes8(x):
    x = np.clip(x, 0, 255)
    return np.uint8(x + 0.5)


def trees(expected):
    for path, label, dtype, new in [
        ("paper/S1/VC", "Img0001", "float32", False),
        ("paper/S1/VC", "Img0002", "float64", False),
        ("paper/S2/V1", "Img0001", "float32", False),
        ("paper/layers-1to3/S1/VC", "n01443537_22563", "float64", False),
        ("cookbook/S1/VC", "Img-0001", "float32", True),
    ]:
        os.makedirs(path, exist_ok=True)
        x = picture(len(expected), dtype)
        item = {"path": path, "label": label, "double": dtype == "float64", "values": x.astype("float32").reshape(-1).tolist(), "pixels": bytes8(x).reshape(-1).tolist()}
        if new:
            losses = [207836.12, 1500.5, 41880.16]
            sio.savemat(f"{path}/recon_image-{label}.mat", {"recon_image": x, "loss_history": losses})
            PIL.Image.fromarray(bytes8(x)).save(f"{path}/recon_image-{label}.tiff")
            item["losses"] = losses
        else:
            sio.savemat(f"{path}/recon_img-{label}.mat", {"recon_img": x}, do_compression=dtype == "float64")
            PIL.Image.fromarray(bytes8(x)).save(f"{path}/recon_img_normalized-{label}.jpg")
            os.makedirs(f"{path}/snapshots/image-{label}", exist_ok=True)
            for n in (10, 20):
                PIL.Image.fromarray(bytes8(x)).save(f"{path}/snapshots/image-{label}/{n:05d}.jpg")
        expected.append(item)


ALL = {
    "layer_weight": {"conv1_1": np.float32(0.25), "fc8": np.float32(0.75)},
    "channel": {"conv1_1": np.array([0, 5, 63])},
    "mask": {"fc8": (np.arange(6) % 2).astype("float32"), "conv1_1": np.asfortranarray(np.arange(6).reshape(2, 3).astype(">i2"))},
    "initial_image": np.asfortranarray(np.arange(24, dtype="float64").reshape(2, 4, 3)), "loss_type": "gram", "iter_n": 7,
    "lr_start": 3.5, "lr_end": 1e-10, "momentum_start": 0.8, "momentum_end": 0.7, "decay_start": 0.2, "decay_end": 0.1,
    "grad_normalize": True, "image_jitter": True, "jitter_size": 9, "image_blur": True, "sigma_start": 2.5, "sigma_end": 0.5,
    "use_p_norm_reg": True, "p": 3, "lamda_start": 0.5, "lamda_end": 0.25, "use_TV_norm_reg": True, "TVbeta": 2, "TVlamda_start": 0.125,
    "TVlamda_end": 0.375, "clip_extreme": True, "clip_extreme_every": 4, "e_pct_start": 1, "e_pct_end": 2, "clip_small_norm": True,
    "clip_small_norm_every": 5, "n_pct_start": 6.0, "n_pct_end": 7.0, "clip_small_contribution": True, "clip_small_contribution_every": 8,
    "c_pct_start": 9.0, "c_pct_end": 10.0, "disp_every": 11, "save_intermediate": True, "save_intermediate_every": 12,
    "save_intermediate_path": "./result", "save_intermediate_ext": "png", "maxiter": 13, "disp": False,
    "initial_gen_feat": np.zeros((1, 5), "float32"), "feat_upper_bound": np.arange(5.0), "feat_lower_bound": 0.0,
    "gen_feat_bounds": [(0, np.float64(3.0)), (None, 4), (1.5, None)], "input_layer_gen": "feat", "output_layer_gen": "deconv0",
    "return_gen_feat": True, "a_new_option": [1, 2], "save_intermediate_postprocess": None,
}


def plain(v):
    """What the Go test compares: numbers, texts, arrays as shape and sum."""
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    if isinstance(v, np.ndarray):
        return {"shape": list(v.shape), "data": [float(x) for x in v.reshape(-1)]}
    if isinstance(v, (np.generic,)):
        return float(v)
    if isinstance(v, (list, tuple)):
        return [plain(x) for x in v]
    return v


def short(v):
    """The same without long arrays: shape, sum and both ends."""
    if isinstance(v, dict) and set(v) == {"shape", "data"}:
        return {"shape": v["shape"], "sum": sum(v["data"]), "ends": [v["data"][0], v["data"][-1]]}
    if isinstance(v, list) and len(v) > 100:
        return {"length": len(v), "sum": [sum(x[i] for x in v) for i in range(2)], "ends": [v[0], v[-1]]}
    return v


def main():
    out = {"origin": f"make.py, SciPy {scipy.__version__}, NumPy {np.__version__}, Pillow {PIL.__version__}", "results": [], "released": {}}
    trees(out["results"])
    os.makedirs("options", exist_ok=True)
    for protocol in range(5):
        with open(f"options/protocol{protocol}.pkl", "wb") as f:
            pickle.dump(ALL, f, protocol)
    for run in sorted(os.listdir(f"{sys.argv[1]}/icnn/test")):
        path = f"{sys.argv[1]}/icnn/test/{run}/options.pkl"
        if os.path.exists(path):
            with open(path, "rb") as f:
                out["released"][run] = {k: short(plain(v)) for k, v in pickle.load(f, encoding="latin1").items()}
    out["all"] = plain(ALL)
    with open("expected.json", "w") as f:
        json.dump(out, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
