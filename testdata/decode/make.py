"""Expected numbers for compute/decode, in ridge.json and norm.json.

Origin: NumPy's default_rng(20171230) for the inputs (rounded, so that the file
holds them whole); scikit-learn Ridge(fit_intercept=False) on z-scored data
(1.9.1), the lab's fastl2lir (0.11 of the Python package index) in the pipeline
of train_decoder_fastl2lir.py restated below, NumPy 2.4.6 for the norms.

    python testdata/decode/make.py
"""
import json
import pathlib

import numpy as np
from fastl2lir import FastL2LiR
from sklearn.linear_model import Ridge

HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(20171230)


def zscore(a, m, s):
    with np.errstate(divide='ignore', invalid='ignore'):
        return np.nan_to_num((a - m) / s, nan=0.0, posinf=0.0, neginf=0.0)


def ridge_case(name, trials, voxels, stimuli, units, alpha, balanced):
    of = np.arange(trials) % stimuli if balanced else np.concatenate([np.arange(stimuli), rng.integers(0, stimuli, trials - stimuli)])
    of = rng.permutation(of)
    labels = [f's{i}' for i in of]
    x = np.round(rng.normal(size=(trials, voxels)) * rng.uniform(0.5, 30, voxels) + rng.normal(size=voxels) * 100, 3)
    x[:, 1] = 7.3  # a voxel outside the brain
    features = np.round(rng.normal(size=(stimuli, units)) * 10 + 3, 2).astype(np.float32)
    features[:, 2] = -1.7  # a unit that never changes
    test = np.round(x[:5] + rng.normal(size=(5, voxels)), 3)

    # The pipeline: x over trials, y over unique stimuli, rows of y then indexed to trials.
    f64 = features.astype(np.float64)
    x_mean, x_norm = x.mean(axis=0), x.std(axis=0, ddof=1)
    x_norm[1] = 0
    y_mean, y_norm = f64.mean(axis=0), f64.std(axis=0, ddof=1)
    y_norm[2] = 0
    z, y = zscore(x, x_mean, x_norm), zscore(f64, y_mean, y_norm)[of]
    model = Ridge(alpha=alpha, fit_intercept=False).fit(z, y)
    zt = zscore(test, x_mean, x_norm)
    case = dict(name=name, alpha=alpha, labels=labels, voxels=voxels, x=x.ravel().tolist(), test=test.ravel().tolist(),
                features={f's{i}': f64[i].tolist() for i in range(stimuli)},
                x_mean=x_mean.tolist(), x_norm=x_norm.tolist(), y_mean=y_mean.tolist(), y_norm=y_norm.tolist(),
                w=model.coef_.T.ravel().tolist(), predicted=(model.predict(zt) * y_norm + y_mean).ravel().tolist())
    if balanced:
        lab = FastL2LiR()
        lab.fit(z, y, alpha=alpha, n_feat=0)
        case['lab'] = (lab.predict(zt) * y_norm + y_mean).ravel().tolist()
        assert np.abs(lab.b).max() < 1e-12
    return case


def sigma(v):
    return float(v.std() if v.ndim == 1 else v.std(axis=(1, 2)).mean())


cases = [
    ridge_case('dual, repeats alike', 12, 20, 6, 7, 100.0, True),
    ridge_case('dual, repeats differ', 13, 20, 6, 7, 3.0, False),
    ridge_case('primal, repeats alike', 30, 8, 10, 5, 100.0, True),
    ridge_case('primal, repeats differ', 31, 8, 10, 5, 0.5, False),
]
(HERE / 'ridge.json').write_text(json.dumps(cases) + '\n')

norms = []
for shape in [(4, 3, 5), (3, 2, 2), (17, 1, 1)]:
    images = np.round(rng.normal(size=(3,) + shape) * 5 + 40, 2).astype(np.float32).astype(np.float64)
    decoded = np.round(rng.normal(size=shape), 3).astype(np.float32).astype(np.float64)
    flat = (lambda v: v.ravel()) if shape[1] * shape[2] == 1 else (lambda v: v)
    s0 = float(np.mean([sigma(flat(i)) for i in images]))
    norms.append(dict(shape=shape, images=[i.ravel().tolist() for i in images], decoded=decoded.ravel().tolist(),
                      spread=sigma(flat(decoded)), reference=s0, corrected=(decoded / sigma(flat(decoded)) * s0).ravel().tolist()))
(HERE / 'norm.json').write_text(json.dumps(norms) + '\n')
