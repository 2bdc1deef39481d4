"""Expected agreement of raters, in kappa.json.

Origin: statsmodels (inter_rater.fleiss_kappa, aggregate_raters) on votes of NumPy's default_rng(7).

    python testdata/rating/make.py
"""
import itertools
import json
import pathlib

import numpy as np
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

rng = np.random.default_rng(7)
cases = []
for _ in range(25):
    n, k = int(rng.integers(4, 40)), int(rng.integers(2, 6))
    v = (rng.uniform(size=(n, k)) < rng.uniform(0.3, 0.9, (n, 1))).astype(int)
    if v.min() == v.max():
        continue
    table, _ = aggregate_raters(v, n_cat=2)
    alike = float(np.mean([[a == b for a, b in itertools.combinations(row, 2)] for row in v]))
    cases.append(dict(votes=v.tolist(), kappa=float(fleiss_kappa(table)), agreement=alike))
pathlib.Path(__file__).with_name('kappa.json').write_text(json.dumps(cases) + '\n')
