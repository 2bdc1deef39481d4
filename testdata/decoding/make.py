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
    """Eighths: short in the file and exact in float32."""
    return np.round(a * 8) / 8


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


# --- accuracy -----------------------------------------------------------------

def t_interval(r):
    r = r[~np.isnan(r)]
    return [js(x) for x in (r.mean(), *stats.t.interval(0.95, len(r) - 1, loc=r.mean(), scale=stats.sem(r)))]


def units_of(name, pred, true, of, average, mean, sd):
    """One case as the lab's evaluation.py has it: true rows sorted by the samples' labels."""
    if average:
        own = np.unique(of)
        p = np.stack([pred[of == s].mean(axis=0) for s in own])
    else:
        own, p = of, pred
    t = true[own]
    r = profile_correlation(p, t)[0]
    ok = r[~np.isnan(r)]
    left = int((np.isnan(p).any(axis=0) | np.isnan(true).any(axis=0) | (sd == 0)).sum())
    labels = [f's{i}' for i in range(len(true))]
    ident = pairwise_identification(p, true, single_trial=True, pred_labels=[labels[i] for i in own], true_labels=labels)
    dead = sd == 0
    return dict(name=name, pred=js(pred), true=js(true), of=of.tolist(), average=average, mean=js(mean), sd=js(sd), own=own.tolist(),
                profile=js(r), accuracy=t_interval(r), histogram=np.histogram(ok, 40, (-1, 1))[0].tolist(),
                pattern=js(pattern_correlation(p, t)), scaled=js(pattern_correlation(p[:, ~dead], t[:, ~dead], mean[~dead], sd[~dead])),
                identification=js(ident), left=left, columns=int((np.isnan(p).any(axis=0) | np.isnan(true).any(axis=0)).sum()))


def accuracy():
    rng = np.random.default_rng(1)
    stimuli, n = 6, 530  # more units than are correlated at a time
    true = f32(rng.normal(size=(stimuli, n)) * 3 + rng.normal(size=n) * 30 + 200)
    mean, sd = f32(true.mean(axis=0) + rng.normal(size=n)), f32(rng.uniform(1, 6, n))
    diagonal = np.arange(stimuli)
    noisy = lambda of, s: f32(true[of] + rng.normal(size=(len(of), n)) * s)
    cases = [units_of('one to one', noisy(diagonal, 6), true, diagonal, False, mean, sd)]
    true_dead, pred, sd_dead = true.copy(), noisy(diagonal, 9), sd.copy()
    true_dead[:, [7, 520]] = 5
    pred[2, 11], true_dead[4, 515] = np.nan, np.nan
    pred[:, 30] = 1.5
    sd_dead[[7, 520, 8]] = 0
    cases.append(units_of('dead and NaN units', pred, true_dead, diagonal, False, mean, sd_dead))
    n, true, mean, sd = 60, true[:, :60], mean[:60], sd[:60]
    of = rng.permutation(np.concatenate([np.repeat([0, 1, 3, 4, 5], 3), [3, 1]]))  # stimulus 2 was never shown
    trials = noisy(of, 20)
    cases.append(units_of('single trials', trials, true, of, False, mean, sd))
    cases.append(units_of('trials averaged', trials, true, of, True, mean, sd))
    # One flat true vector, its mean exact, has no correlation.
    flat = true.copy()
    flat[1] = 64
    cases.append(units_of('constant stimulus', noisy(diagonal, 6), flat, diagonal, False, mean, sd))

    edges = np.concatenate([np.linspace(-1, 1, 41), np.nextafter(np.linspace(-1, 1, 41)[1:-1], 2), np.nextafter(np.linspace(-1, 1, 41)[1:-1], -2)])
    bins = dict(x=js(edges), counts=[int(np.histogram([x], 40, (-1, 1))[0].argmax()) for x in edges])

    folds = rng.uniform(-1, 1, (4, 9))
    folds[rng.random(folds.shape) < 0.4] = np.nan
    folds[:, 3] = np.nan

    # Filters: [filter][B, G, R][3][3] against the contrast of their grey kernels.
    filters, size = 12, 20
    w = f32(rng.normal(size=(filters, 3, 3, 3)) * rng.uniform(0.5, 20, size=(filters, 1, 1, 1)))
    grey = np.tensordot(w, [0.114, 0.587, 0.299], axes=(1, 0))
    contrast = grey.std(axis=(1, 2))
    signed, absolute = np.clip(rng.normal(0.2, 0.1, (filters, size)), -1, 1), np.clip(rng.normal(0.25, 0.1, (filters, size)), -1, 1)
    absolute = np.clip(absolute + 0.04 * contrast[:, None], -1, 1)
    signed[3, 5] = absolute[3, 5] = signed[0, 1] = np.nan
    signed[6] = np.nan
    s, a = np.nanmean(signed, axis=1), np.nanmean(absolute, axis=1)
    ok = ~np.isnan(s)
    test = stats.pearsonr(a[ok] - s[ok], contrast[ok])
    ci = test.confidence_interval(0.95)
    gain = dict(filters=filters, weights=js(w.ravel()), contrast=js(contrast), signed=js(signed.ravel()), absolute=js(absolute.ravel()),
                signed_mean=js(s), absolute_mean=js(a), gain=js(a - s), correlation=[float(test.statistic), float(ci.low), float(ci.high)])

    moments = []
    for size in [2, 40, 9999, 20001]:
        x = np.sin(np.arange(size) * 0.7) + 1e3  # made alike in Go
        moments.append(dict(n=size, sd=float(x.std(ddof=1)), interval=[float(v) for v in (x.mean(), *stats.t.interval(0.95, size - 1, loc=x.mean(), scale=stats.sem(x)))]))
    quantiles = [[p, nu, float(stats.t.ppf(p, nu))] for p in (0.6, 0.975, 0.9995) for nu in (1, 3, 30, 4999, 5000, 12345, 1e5, 3211263)]
    correlations = [[r, n, *[float(x) for x in stats.pearsonr(*pair(r, n)).confidence_interval(0.9)]] for r, n in [(0.3, 5), (-0.95, 64), (0.01, 512)]]
    write('accuracy.json', dict(cases=cases, bins=bins, folds=js(folds), pooled=js(np.nanmean(folds, axis=0)), gain=gain,
                                moments=moments, quantiles=quantiles, correlations=correlations))


def pair(r, n):
    """Two vectors with Pearson's r."""
    rng = np.random.default_rng(n)
    x, e = rng.normal(size=n), rng.normal(size=n)
    x -= x.mean()
    e -= e.mean()
    e -= x * (e @ x) / (x @ x)
    return x, r * x / np.linalg.norm(x) + np.sqrt(1 - r * r) * e / np.linalg.norm(e)


if __name__ == '__main__':
    scaling()
    folds()
    accuracy()
