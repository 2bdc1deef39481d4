"""Times the lab's slir on the job of BenchmarkFit in compute/decode/slr, and
writes its data and weights for TestPeer and BenchmarkFit to read.

    python testdata/slr/peer.py FOLDER [--samples 6000] [--voxels 10000] [--chosen 500] [--units 20] [--repeats 5]
    SLR_PEER=FOLDER go test ./compute/decode/slr -run Peer -v -bench Fit

The samples have some structure (eight neighbouring voxels share signal), the
stimuli are shown --repeats times, the units depend on 20 voxels each. The
pipeline is the lab's (kamitani.md, section 5.2): z-scores with ddof 1, the
voxels with the largest |correlation|, a column of ones, slir's defaults. slir
fits one unit at a time and shares nothing between units; the correlations are
timed apart. --fitted units are timed, for slir is slow. Needs slir 0.5.1 of
github.com/KamitaniLab/slir (not on the Python package index).
"""
import argparse
import json
import pathlib
import time

import numpy as np
from slir import SparseLinearRegression

a = argparse.ArgumentParser()
a.add_argument('folder', type=pathlib.Path)
a.add_argument('--samples', type=int, default=6000)
a.add_argument('--voxels', type=int, default=10000)
a.add_argument('--chosen', type=int, default=500)
a.add_argument('--units', type=int, default=20)
a.add_argument('--fitted', type=int, default=20)
a.add_argument('--repeats', type=int, default=5)
a = a.parse_args()
a.folder.mkdir(parents=True, exist_ok=True)

rng = np.random.default_rng(20171230)
x = rng.normal(size=(a.samples, a.voxels))
x = 0.8 * x + 0.6 * np.repeat(x[:, ::8], 8, axis=1)[:, :a.voxels]
stimuli = a.samples // a.repeats
of = np.arange(a.samples) % stimuli
y = 3 * rng.normal(size=(stimuli, a.units))
for u in range(a.units):
    v = rng.integers(0, a.voxels, 20)
    y[:, u] += x[:stimuli, v] @ rng.normal(size=20)
x = (x - x.mean(0)) / x.std(0, ddof=1)
y = (y - y.mean(0)) / y.std(0, ddof=1)
for name, v in dict(x=x, y=y, of=of).items():
    np.save(a.folder / f'{name}.npy', v)

full = y[of]
start = time.time()
r = np.abs(full.T @ x) / np.sqrt((full ** 2).sum(0))[:, None]  # x has one spread
chosen = np.sort(np.argsort(-r, axis=1, kind='stable')[:, :a.chosen], axis=1)
select = (time.time() - start) / a.units
w = np.zeros((a.fitted, a.voxels + 1))
wall, cpu, kept = [], [], []
for u in range(a.fitted):
    z = np.hstack([x[:, chosen[u]], np.ones((a.samples, 1))])
    start = time.time(), time.process_time()
    model = SparseLinearRegression()
    model.fit(z, full[:, u])
    wall.append(time.time() - start[0])
    cpu.append(time.process_time() - start[1])
    w[u, chosen[u]], w[u, -1] = model.coef_[:-1], model.coef_[-1]
    kept.append(len(model.valid_index_list))
np.save(a.folder / 'w.npy', w)
report = dict(vars(a), folder=None, select_ms_per_unit=select * 1e3, ms_per_unit=np.mean(wall) * 1e3,
              best_ms=min(wall) * 1e3, cpu_ms_per_unit=np.mean(cpu) * 1e3, kept=kept)
text = json.dumps(report, indent=1)
(a.folder / 'report.json').write_text(text)
print(text)
