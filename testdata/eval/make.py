"""Expected numbers for compute/eval, in metrics.json.

Origin: bdpy.evals.metrics (bdpy 0.26) on numbers of NumPy's default_rng(240317),
rounded so that the file holds them whole. Ties that succeed or count half, and
one-of-all, are not in bdpy: they come from SciPy's cdist.

    python testdata/eval/make.py
"""
import json
import pathlib
import warnings

import numpy as np
from bdpy.evals.metrics import pairwise_identification, pattern_correlation, profile_correlation
from scipy.spatial.distance import cdist

warnings.simplefilter('ignore')
np.seterr(all='ignore')
rng = np.random.default_rng(240317)


def js(a):
    return [js(x) for x in a] if isinstance(a, np.ndarray) and a.ndim else (None if np.isnan(a) else float(a))


def f32(a):
    return np.round(a, 3).astype(np.float32).astype(np.float64)


n, units = 8, 30
true = f32(rng.normal(size=(n, units)) * 4 + 10)
pred = f32(true + rng.normal(size=(n, units)) * 25)
types = ['shape'] * 3 + ['letter'] * 5

true_tie = true.copy()
true_tie[5], true_tie[6] = true_tie[2], true_tie[2]  # two originals that are the same as a third
true_nan = true.copy()
true_nan[1, 4] = np.nan
pred_nan = pred.copy()
pred_nan[3, 17] = np.nan
true_flat = true.copy()
true_flat[4] = 2  # an original of one value; its mean is exact, so that SciPy gives NaN and not the correlation of rounding errors


def identify(name, p, t):
    d = 1 - cdist(p, t, metric='correlation')
    own = np.diag(d)[:, None]
    win, tie = (d < own).sum(axis=1), (d == own).sum(axis=1) - 1
    case = dict(name=name, pred=js(p), true=js(t), strict=js(pairwise_identification(p, t)))
    if not np.isnan(d).any():
        case |= dict(lenient=js((win + tie) / (n - 1)), half=js((win + tie / 2) / (n - 1)), best=[bool(x) for x in win == n - 1])
    return case


ident = [identify('plain', pred, true), identify('ties', pred, true_tie), identify('nan columns', pred_nan, true_nan), identify('constant original', pred, true_flat)]
within = np.concatenate([pairwise_identification(pred[:3], true[:3]), pairwise_identification(pred[3:], true[3:])])

dead = true.copy()
dead[:, 7] = 0  # a unit without variance
mean, sd = f32(rng.normal(size=units) + 10), f32(rng.uniform(1, 6, units))
out = dict(
    identification=ident, types=types, within_type=js(within),
    pred=js(pred), true=js(dead), profile=js(profile_correlation(pred, dead)[0]),
    mean=js(mean), sd=js(sd), pattern=js(pattern_correlation(pred, dead)), pattern_scaled=js(pattern_correlation(pred, dead, mean, sd)),
    pred_nan=js(pred_nan), pattern_nan=js(pattern_correlation(pred_nan, dead, mean, sd)),
)
(pathlib.Path(__file__).parent / 'metrics.json').write_text(json.dumps(out) + '\n')
