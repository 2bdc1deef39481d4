"""Expected numbers for compute/stats, in stats.json.

Origin: SciPy 1.17.1 (t.interval, binomtest.proportion_ci("wilson"), wilcoxon)
on numbers of NumPy's default_rng(5), rounded so that the file holds them whole.

    python testdata/stats/make.py
"""
import json
import pathlib

import numpy as np
from scipy import stats

rng = np.random.default_rng(5)

means = []
for n in (2, 3, 5, 12, 50, 125, 400):
    x = np.round(rng.normal(size=n) * 0.2 + 0.6, 4)
    for level in (0.9, 0.95, 0.99):
        lo, hi = stats.t.interval(level, n - 1, loc=x.mean(), scale=x.std(ddof=1) / np.sqrt(n))
        means.append(dict(x=x.tolist(), level=level, mean=float(x.mean()), lower=float(lo), upper=float(hi)))

proportions = []
for k, n in ((0, 5), (5, 5), (1, 1), (3, 40), (39, 40), (617, 1000), (20, 100)):
    for level in (0.9, 0.95, 0.99):
        ci = stats.binomtest(k, n).proportion_ci(confidence_level=level, method='wilson')
        proportions.append(dict(k=k, n=n, level=level, lower=float(ci.low), upper=float(ci.high)))

ranks = []


def ranked(x, null, method):
    d = np.asarray(x) - null
    r = stats.wilcoxon(d[d != 0], method=method, zero_method='wilcox', correction=False)
    ranks.append(dict(x=[float(v) for v in x], null=null, exact=method == 'exact', n=int((d != 0).sum()), statistic=float(r.statistic), p=float(r.pvalue)))


for n in (1, 2, 5, 6, 10, 17, 24, 25):
    ranked(np.round(rng.normal(size=n) + 0.4, 6), 0.0, 'exact')
ranked(np.append(np.round(rng.normal(size=8), 6), [0, 0]), 0.0, 'exact')
ranked(np.round(rng.uniform(0.3, 1, 20), 6), 0.5, 'exact')
ranked(np.round(rng.normal(size=25) + 2, 6), 0.0, 'exact')
for n in (26, 50, 300):
    ranked(np.round(rng.normal(size=n) + 0.15, 6), 0.0, 'asymptotic')
for n in (60, 90):  # small samples with ties have the exact test, see tests.py
    ranked(rng.integers(-4, 8, n) / 4, 0.25, 'asymptotic')

(pathlib.Path(__file__).parent / 'stats.json').write_text(json.dumps(dict(means=means, proportions=proportions, ranks=ranks)) + '\n')
