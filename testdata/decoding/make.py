"""Expected numbers for norm correction, cross-validation and feature decoding
accuracy, in scaling.json, folds.json and accuracy.json.

Origin: numbers of NumPy's default_rng, rounded so that the files hold them
whole. scaling: the formulas of recon_icnn_image_gd.py of the lab's
brain-decoding-cookbook and of icnn.utils.estimate_cnn_feat_std (kamitani.md
4.1) in NumPy 2.4.6, float64, compared here with bdpy.feature.normalize_feature
where that has the variant. folds: bdpy.ml (bdpy 0.26). accuracy:
bdpy.evals.metrics (bdpy 0.26), NumPy, SciPy 1.17.1.

    python testdata/decoding/make.py
"""
import json
import pathlib
import warnings

import numpy as np
from bdpy.evals.metrics import pairwise_identification, pattern_correlation, profile_correlation
from bdpy.feature import normalize_feature
from bdpy.ml import cvindex_groupwise, make_cvindex, make_cvindex_generator
from scipy import stats

HERE = pathlib.Path(__file__).parent
warnings.simplefilter('ignore')
np.seterr(all='ignore')


def f32(a):
    return np.round(a, 3).astype(np.float32).astype(np.float64)


def js(a):
    """Nested lists, NaN as null."""
    if isinstance(a, np.ndarray) and a.ndim:
        return [js(x) for x in a]
    return None if np.isnan(a) else float(a)


def write(name, value):
    (HERE / name).write_text(json.dumps(value) + '\n')


# --- scaling ------------------------------------------------------------------

def axes_of(y):
    return None if y.ndim == 1 else (1, 2)


def scale(kind, y, stds, train):
    """One sample y [C,H,W] or [N]; stds is the statistics file's array of the layer."""
    s0 = np.nanmean(stds)
    spread = lambda v: np.nanmean(np.nanstd(v, axis=axes_of(v), ddof=1))
    if kind == 'null':
        out = y.copy()
    elif kind == 'feature_std_2019':
        s = y.std() if y.ndim == 1 else np.mean([c.std() for c in y])
        return y / s * s0
    elif kind == 'feature_std_shen_original':
        out = y / spread(y) * s0
    elif kind == 'feature_std_layer_mean_center':
        m = np.nanmean(y)
        out = (y - m) / spread(y) * s0 + m
    else:
        out = (y - train) / spread(y - train) * s0 + train
    nan = np.isnan(out)
    out[nan] = train[nan]
    return out


def scaling():
    rng = np.random.default_rng(7)
    kinds = ['null', 'feature_std_2019', 'feature_std_shen_original', 'feature_std_layer_mean_center', 'feature_std_train_mean_center']
    cases = []
    for shape, nans in [((4, 3, 5), 0), ((5, 2, 3), 9), ((3, 2, 2), 0), ((23,), 0), ((23,), 4)]:
        y = f32(rng.normal(size=(3,) + shape) * 4 + rng.normal(size=shape) * 10 + 30)
        train = f32(rng.normal(size=shape) * 10 + 30)
        if nans and len(shape) == 3:
            y[:, 1] = np.nan         # a dead channel
            y[0, 2].flat[:5] = np.nan  # a channel of one unit
            y[1, 0, 0, 1] = np.nan
        elif nans:
            y[:, [2, 5]] = np.nan
            y[2, [7, 9]] = np.nan
        stds = f32(rng.uniform(20, 60, size=shape[0] if len(shape) == 3 else 1))
        if nans and len(shape) == 3:
            stds[1] = np.nan
        want = {k: [js(scale(k, s, stds, train).ravel()) for s in y] for k in kinds if not (nans and k == 'feature_std_2019')}
        if not nans:
            other = normalize_feature(y[0], channel_wise_mean=False, channel_wise_std=False, shift='self', scale=np.nanmean(stds))
            assert np.allclose(other, scale('feature_std_layer_mean_center', y[0], stds, train), rtol=1e-13)
            other = normalize_feature(y[0], channel_wise_mean=False, channel_wise_std=False, scaling_only=True, scale=np.nanmean(stds))
            assert np.allclose(other, scale('feature_std_shen_original', y[0], stds, train), rtol=1e-13)
        cases.append(dict(shape=list(shape) + [1] * (3 - len(shape)), samples=js(y.reshape(3, -1)), train=js(train.ravel()), stds=js(stds),
                          reference=js(np.nanmean(stds)), nan=int(np.isnan(y).sum()), want=want))
    # Standard deviations of pictures by channel, averaged over pictures.
    pictures = []
    for shape in [(4, 3, 5), (11,)]:
        x = f32(rng.normal(size=(3,) + shape) * 5 + 40)
        channel = lambda ddof: np.mean([np.atleast_1d(i.std(axis=axes_of(i), ddof=ddof)) for i in x], axis=0)
        pictures.append(dict(shape=list(shape) + [1] * (3 - len(shape)), images=js(x.reshape(3, -1)), ddof0=js(channel(0)), ddof1=js(channel(1))))
    write('scaling.json', dict(cases=cases, pictures=pictures))


# --- folds --------------------------------------------------------------------

def folds():
    rng = np.random.default_rng(11)
    run = np.repeat([2, 7, 3, 10, 5, 4], 6)
    run = run[rng.permutation(len(run))]
    category = rng.integers(0, 20, len(run))
    exclusive = category.astype(float)
    lists = [{'train': [3, 4, 5, 10], 'test': [2, 7]}, {'train': [2, 7, 10, 99], 'test': [5]}, {'train': [2, 3], 'test': [10, 4, 98]}]
    ints = lambda pairs: [dict(train=[int(i) for i in a], test=[int(i) for i in b]) for a, b in pairs]
    out = dict(run=run.tolist(), category=category.tolist(), lists=lists)
    # BData gives a key as a column of float64.
    r = run.astype(float)
    out['group'] = ints(make_cvindex_generator(r))
    out['group_exclusive'] = ints(make_cvindex_generator(r, exclusive=exclusive))
    out['listed'] = ints(make_cvindex_generator(r, folds=lists))
    out['listed_exclusive'] = ints(make_cvindex_generator(r, folds=lists, exclusive=exclusive))
    assert ints(cvindex_groupwise(r)) == out['group']
    assert ints(cvindex_groupwise(r, exclusive=exclusive)) == out['group_exclusive']
    train, test = make_cvindex(r)
    assert ints((np.where(a)[0], np.where(b)[0]) for a, b in zip(train.T, test.T)) == out['group']
    assert any(len(a['train']) > len(b['train']) > 0 for a, b in zip(out['listed'], out['listed_exclusive']))
    write('folds.json', out)


if __name__ == '__main__':
    scaling()
    folds()
