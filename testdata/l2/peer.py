"""Times the lab's fastl2lir on the job of BenchmarkFit in compute/decode/l2, and
writes its data and weights for TestPeer and BenchmarkFit to read.

    python testdata/l2/peer.py FOLDER [--samples 6000] [--voxels 10000] [--chosen 500] [--units 64] [--repeats 5]
    L2_PEER=FOLDER go test ./compute/decode/l2 -run Peer -v -bench Fit

The samples have some structure (eight neighbouring voxels share signal), the
stimuli are shown --repeats times, the units depend on 20 voxels each. One
alpha, 100, as in the lab's scripts. fastl2lir does its set-up and its units in
one call: the set-up is the time of 2 units, the time of a unit that of the
others divided by their number; the best of --rounds counts. Processor time is
given too: on a machine that does other work the two differ. Needs fastl2lir 0.11 and NumPy 2.0 to 2.3.
"""
import argparse
import contextlib
import json
import os
import pathlib
import time

import numpy as np
from fastl2lir import FastL2LiR

a = argparse.ArgumentParser()
a.add_argument('folder', type=pathlib.Path)
a.add_argument('--samples', type=int, default=6000)
a.add_argument('--voxels', type=int, default=10000)
a.add_argument('--chosen', type=int, default=500)
a.add_argument('--units', type=int, default=64)
a.add_argument('--repeats', type=int, default=5)
a.add_argument('--rounds', type=int, default=2)
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
y = y.astype(np.float32).astype(np.float64)  # features are float32
x = x.astype(np.float32).astype(np.float64)
for name, v in dict(x=x, y=y, of=of).items():
    np.save(a.folder / f'{name}.npy', v)

report = dict(vars(a), folder=None)
full = y[of]
for dtype in (np.float32, np.float64):
    model, wall, cpu = FastL2LiR(), [], []
    for units in (2, a.units):
        rounds = []
        for _ in range(a.rounds):
            start = time.time(), time.process_time()
            with open(os.devnull, 'w') as null, contextlib.redirect_stderr(null):
                model.fit(x, full[:, :units], alpha=100, n_feat=a.chosen, dtype=dtype)
            rounds.append((time.time() - start[0], time.process_time() - start[1]))
        wall.append(min(r[0] for r in rounds))
        cpu.append(min(r[1] for r in rounds))
    name = np.dtype(dtype).name
    np.save(a.folder / f'w_{name}.npy', model.W)
    np.save(a.folder / f'b_{name}.npy', model.b.ravel())
    each, each_cpu = ((t[1] - t[0]) / (a.units - 2) for t in (wall, cpu))
    report[name] = dict(setup_s=wall[0], setup_cpu_s=cpu[0], ms_per_unit=each * 1e3, cpu_ms_per_unit=each_cpu * 1e3,
                        units_per_s=1 / each, s_2000_units=wall[0] + 1998 * each)
print(json.dumps(report, indent=1))
