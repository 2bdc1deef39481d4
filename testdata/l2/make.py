"""Expected weights for compute/decode/l2, in expected.npz, by the lab's fastl2lir itself.

Origin: NumPy's default_rng(240317) for the inputs, fastl2lir 0.11 of the Python
package index for the weights. It needs NumPy 2.0 to 2.3
(2.2.6 here): np.bool is missing before, 2.4 refuses its assignments. Cases with
a free bias are by scikit-learn's Ridge (1.9.1).
Voxels have means up to 10 times their spread; voxel 3 is constant and voxel 5
all but constant. In the file: x (samples × voxels), y (samples × units), y_nan
(the same with holes), of (stimulus of each sample) and y_of (stimuli × units);
for each case w_CASE (voxels × units), b_CASE (units) and p_CASE, predictions
for the rows xt. The options of a case stand in its name:
way-alpha-voxels[-spatial].

    python testdata/l2/make.py
"""
import pathlib
import warnings

import numpy as np
from fastl2lir import FastL2LiR
from sklearn.linear_model import Ridge

warnings.filterwarnings('ignore')
HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(240317)
N, D, U, STIMULI = 80, 60, 9, 20

spread = rng.uniform(0.5, 3, D)
mean = rng.normal(size=D) * 10
x = rng.normal(size=(N, D)) * spread + mean
x[:, 3] = 2.5
x[:, 5] = 1 + 1e-6 * rng.normal(size=N)
xt = rng.normal(size=(7, D)) * spread + mean
truth = rng.normal(size=(D, U)) * (rng.random(size=(D, U)) < 0.2)
y = (x - mean) @ truth + rng.normal(size=(N, U)) + rng.normal(size=U) * 5
y_nan = y.copy()
y_nan[4:9, 1] = np.nan
y_nan[4:9, 2] = np.nan
y_nan[40, 5] = np.nan
of = rng.permutation(np.arange(N) % STIMULI)
y_of = rng.normal(size=(STIMULI, U)) + 0.3 * np.stack([y[of == s].mean(0) for s in range(STIMULI)])

out = dict(x=x, xt=xt, y=y, y_nan=y_nan, of=of, y_of=y_of)


def case(name, x, y, alpha, voxels, spatial=None, holes=False, dtype=np.float64):
    model = FastL2LiR()
    model.fit(x, y, alpha=alpha, n_feat=voxels, spatial_norm=spatial, dtype=dtype,
              select_sample='remove_nan' if holes else None)
    out['w_' + name], out['b_' + name] = model.W, model.b.ravel()
    out['p_' + name] = model.predict(xt[:, :x.shape[1]], spatial_norm=spatial, save_select_feat=holes)


case('plain-1-12', x, y, 1, 12)
case('plain-100-25', x, y, 100, 25)
case('plain-0-12', x, y, 0, 12)
case('all-1-0', x, y, 1, 0)              # more samples than voxels
case('wide-2-0', x[:40], y[:40], 2, 0)   # fewer
case('wide-2-12', x[:40], y[:40], 2, 12)
case('few-2-40', x[:15], y[:15], 2, 40)   # so few that samples are the smaller system
case('fewgroups-10-30', x[:15], y_of[np.arange(15) % 5], 10, 30)
case('groups-10-12', x, y_of[of], 10, 12)
case('groups-10-0', x, y_of[of], 10, 0)
case('single-100-12', x, y, 100, 12, dtype=np.float32)
case('holes-1-12', x, y_nan, 1, 12, holes=True)
case('holes-1-60', x, y_nan, 1, 60, holes=True)
for spatial in ('norm1', 'norm2', 'std1', 'std1mean0', 'norm1mean0', 'norm2mean0'):
    case(f'holes-0.1-12-{spatial}', x, y_nan, 0.1, 12, spatial, holes=True)
case('holes-0.1-60-norm2', x, y_nan, 0.1, 60, 'norm2', holes=True)

# fastl2lir has no free bias: scikit-learn's Ridge on the voxels that it chose.
for name, n, alpha, voxels in (('all-1-0', N, 1, np.ones((D, U), bool)), ('plain-1-12', N, 1, out['w_plain-1-12'] != 0),
                               ('few-2-40', 15, 2, out['w_few-2-40'] != 0)):
    w, b, p = np.zeros((D, U)), np.zeros(U), np.zeros((len(xt), U))
    for u in range(U):
        v = voxels[:, u]
        model = Ridge(alpha=alpha, solver='svd').fit(x[:n, v], y[:n, u])
        w[v, u], b[u], p[:, u] = model.coef_, model.intercept_, model.predict(xt[:, v])
    name = 'free' + name[name.index('-'):]
    out['w_' + name], out['b_' + name], out['p_' + name] = w, b, p

np.savez_compressed(HERE / 'expected.npz', **out)
