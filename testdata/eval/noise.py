"""Expected noise ceilings and split-half reliabilities, in noise.json, from drawn samples.

Origin: NumPy 2.4 alone (var with ddof 1, corrcoef, percentile), restating the Natural Scenes Dataset's definition of
the noise ceiling (Allen et al. 2022, Methods; data manual, "noise ceiling"): ncsnr = sqrt(max(0, total - noise)) /
sqrt(noise), NC = 100 ncsnr^2 / (ncsnr^2 + mean(1/n)). The manual's total is 1, of z-scored responses: `scaled` has
such. Splits are drawn here and stand in the file; NaN is null.

    python testdata/eval/noise.py
"""
import json
import pathlib

import numpy as np

rng = np.random.default_rng(2022)


def js(a):
    return [js(x) for x in a] if isinstance(a, (list, np.ndarray)) else (None if not np.isfinite(a) else float(a))


def case(name, counts, voxels, scale):
    labels = np.repeat(np.arange(len(counts)), counts)
    labels = labels[rng.permutation(len(labels))]
    gain = np.linspace(0, 3, voxels)
    x = np.round(gain * rng.normal(size=(len(counts), voxels))[labels] + rng.normal(size=(len(labels), voxels)) + 5, 3)
    x[:, 1] = 2.5  # constant
    x[3, 2] = np.nan
    if scale:
        x = np.round((x - x.mean(0)) / np.where(x.std(0, ddof=1) == 0, 1, x.std(0, ddof=1)), 12)
    # Stimuli in order of first appearance, as the program numbers them.
    order = list(dict.fromkeys(labels.tolist()))
    rows = [np.flatnonzero(labels == s) for s in order]
    repeated = [r for r in rows if len(r) > 1]
    inverse = np.mean([1 / len(r) for r in rows])
    noise = np.mean([x[r].var(axis=0, ddof=1) for r in repeated], axis=0)
    total = np.ones(voxels) if scale else x.var(axis=0, ddof=1)
    with np.errstate(all='ignore'):
        snr = np.sqrt(np.maximum(0, total - noise)) / np.sqrt(noise)
        nc = 100 * snr**2 / (snr**2 + inverse)
        snr[1], nc[1] = np.nan, np.nan
        splits, r = [], []
        for _ in range(5):
            halves = []
            for t in repeated:
                t = rng.permutation(t)
                n = len(t) // 2
                halves.append([t[:n].tolist(), t[n:2 * n].tolist()])
            splits.append(halves)
            a = np.array([x[h[0]].mean(axis=0) for h in halves])
            b = np.array([x[h[1]].mean(axis=0) for h in halves])
            r.append([np.corrcoef(a[:, v], b[:, v])[0, 1] for v in range(voxels)])
        half = np.mean(r, axis=0)
        half[1] = np.nan
    good = nc[np.isfinite(nc)]
    return dict(name=name, x=js(x), labels=[f's{l}' for l in labels], splits=splits, snr=js(snr), ceiling=js(nc), half=js(half),
                reliability=js(2 * half / (1 + half)), trials=1 / inverse, repeated=len(repeated),
                summary=dict(mean=good.mean(), quartiles=np.percentile(good, [25, 50, 75]).tolist()))


cases = [case('equal', [6] * 10, 8, False), case('unequal', [1, 2, 3, 4, 5, 2, 1, 3, 2], 9, False), case('scaled', [3] * 15, 7, True)]
(pathlib.Path(__file__).parent / 'noise.json').write_text(json.dumps(cases) + '\n')
