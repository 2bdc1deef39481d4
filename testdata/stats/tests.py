"""Expected numbers for the tests, effect sizes and corrections of compute/stats, in tests.json.

Origin: SciPy 1.17.1 (ttest_1samp, ttest_ind, wilcoxon with every sign pattern, bootstrap with BCa on given resample
means), statsmodels (anova_lm with type III sums on Sum contrasts, multipletests "holm"), pingouin (rm_anova, epsilon,
wilcoxon's RBC, compute_effsize "hedges"), on numbers of NumPy's default_rng(11), rounded so that the file holds them whole.

    python testdata/stats/tests.py
"""
import json
import pathlib
import warnings

import numpy as np
import pandas as pd
import pingouin as pg
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.stats.multitest import multipletests

warnings.simplefilter('ignore')
rng = np.random.default_rng(11)
out = {}

ranks = []
for _ in range(60):
    n = int(rng.integers(2, 13))
    x = rng.integers(-4, 5, n) / 4  # many ties and zeros
    d = x[x != 0]
    if len(d) < 2:
        continue
    r = stats.wilcoxon(d, zero_method='wilcox', correction=False, method=stats.PermutationMethod(n_resamples=np.inf))
    ranks.append(dict(x=x.tolist(), statistic=float(r.statistic), p=float(r.pvalue)))
out['ranks_with_ties'] = ranks

between = []
for k in range(60):
    na, nb = int(rng.integers(2, 5)), int(rng.integers(2, 4))
    rows = []
    for a in range(na):
        for b in range(nb):
            n = 4 if k % 3 == 0 else int(rng.integers(1, 7)) + (a == b == 0)
            rows += [dict(a=f'a{a}', b=f'b{b}', y=round(float(v), 3)) for v in rng.normal(0.2 * a - 0.1 * a * b, 1, n)]
    f = pd.DataFrame(rows)
    if len(f) == na * nb:
        continue
    t = sm.stats.anova_lm(smf.ols('y ~ C(a, Sum) * C(b, Sum)', f).fit(), typ=3)
    e = t.loc[['C(a, Sum)', 'C(b, Sum)', 'C(a, Sum):C(b, Sum)']]
    res = t.loc['Residual']
    between.append(dict(a=f.a.tolist(), b=f.b.tolist(), y=f.y.tolist(), ss=e.sum_sq.tolist(), df=e.df.tolist(), f=e.F.tolist(), p=e['PR(>F)'].tolist(),
                        df_error=float(res.df), eta=(e.sum_sq / (e.sum_sq + res.sum_sq)).tolist()))
out['between'] = between

within = []
for k in range(40):
    na, nb, n = int(rng.integers(2, 5)), int(rng.integers(2, 4)), int(rng.integers(4, 9))
    y = np.round(rng.normal(size=(n, na, nb)) + rng.normal(size=(n, 1, 1)) + 0.3 * np.arange(na)[None, :, None], 3)
    f = pd.DataFrame([dict(u=u, a=f'a{a}', b=f'b{b}', y=y[u, a, b]) for u in range(n) for a in range(na) for b in range(nb)])
    t = pg.rm_anova(f, dv='y', subject='u', within=['a', 'b'], effsize='np2', correction=True)
    t = t.rename(columns=lambda c: c.replace('_', '-'))
    eps = [pg.epsilon(f, dv='y', subject='u', within=['a'], correction='gg'), pg.epsilon(f, dv='y', subject='u', within=['b'], correction='gg')]
    within.append(dict(y=y.tolist(), f=t['F'].tolist(), df=[float(v) for v in t['ddof1']], df_error=[float(v) for v in t['ddof2']], p=t['p-unc'].tolist(),
                       eps=[float(e) for e in eps], eta=[float(v) for v in t['np2']], p_corrected=t['p-GG-corr'].tolist()))
out['within'] = within

ttests = []
for _ in range(40):
    x = np.round(rng.normal(0.3, 1, int(rng.integers(2, 30))), 3)
    y = np.round(rng.normal(0, 2, int(rng.integers(2, 30))), 3)
    a, b = stats.ttest_1samp(x, 0.1), stats.ttest_ind(x, y, equal_var=False)
    ttests.append(dict(x=x.tolist(), y=y.tolist(), t1=float(a.statistic), p1=float(a.pvalue), t2=float(b.statistic), df2=float(b.df), p2=float(b.pvalue),
                       d2=float(pg.compute_effsize(x, y, eftype='cohen'))))
out['ttests'] = ttests

holm = []
for _ in range(30):
    p = np.round(rng.uniform(size=int(rng.integers(1, 12))) ** 3, 4)
    holm.append(dict(p=p.tolist(), adjusted=multipletests(p, method='holm')[1].tolist()))
out['holm'] = holm

biserial = []
for _ in range(20):
    d = np.round(rng.normal(0.3, 1, int(rng.integers(5, 40))), 1)
    col = pg.wilcoxon(d, np.zeros(len(d)))
    biserial.append(dict(d=d.tolist(), r=float(col['RBC'].iloc[0])))
out['biserial'] = biserial

bca = []
for _ in range(20):
    x = np.round(rng.gamma(2, 1, int(rng.integers(4, 30))), 3)
    means = np.array([rng.choice(x, len(x)).mean() for _ in range(400)])
    prev = stats._resampling.BootstrapResult(confidence_interval=None, bootstrap_distribution=means, standard_error=None)
    r = stats.bootstrap((x,), np.mean, n_resamples=0, method='BCa', confidence_level=0.95, bootstrap_result=prev)
    bca.append(dict(x=x.tolist(), means=means.tolist(), lower=float(r.confidence_interval.low), upper=float(r.confidence_interval.high)))
out['bca'] = bca

pathlib.Path(__file__).with_name('tests.json').write_text(json.dumps(out) + '\n')
