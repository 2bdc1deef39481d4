"""Expected weights for compute/decode/slr, in expected.npz, by the lab's slir itself.

Origin: NumPy's default_rng(251109) for the inputs; slir 0.5.1
(github.com/KamitaniLab/slir, commit 78d76ff0; not on the Python package index),
NumPy 2.4, scikit-learn 1.9 for the weights. The MATLAB rule and its iterations
are transcribed below from the equations of linear_map_sparse_cov.m (2009-12-17,
GenericObjectDecoding, code/matlab/lib/SPR_2009_12_17), with inverses instead of
pseudo-inverses; it starts from variances around the mean and tests convergence
at equal sizes, and is compared where both start alike.

In the file: x (samples × voxels, z-scored), y (samples × units, z-scored, with
a unit of pure noise and one of a single voxel), of (stimulus of each sample)
and y_of (stimuli × units); for each case c_CASE (units × (voxels+1), the bias
last), l_CASE (variances, slir's lambda_), s_CASE (noise), k_CASE (features
kept). The options of a case stand in its name: data-mode-iterations-voxels.
`wide` has 55 samples, fewer than features; `raw` is not z-scored and so has a
bias, `still` as well and prunes nothing, so that slir does converge, after
i_still iterations. Modes 0, 1 and 2 are slir's; `matlab` is the transcription, `variance` and
`floor` the same with slir's rules 1 and 0. slir's mode 0 inverts a matrix with
1e15 on its diagonal by a pseudo-inverse, which is then wrong in the third
digit, so that it is compared only while no variance is at its floor.

    python testdata/slr/make.py
"""
import contextlib
import io
import pathlib
import re

import numpy as np
from slir import SparseLinearRegression

HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(251109)
N, D, U, STIMULI, WIDE = 150, 70, 6, 30, 55


def z(v):
    return (v - v.mean(0)) / v.std(0, ddof=1)


x = rng.normal(size=(N, D))
x = z(0.8 * x + 0.6 * np.repeat(x[:, ::5], 5, axis=1))
truth = rng.normal(size=(D, U)) * (rng.random(size=(D, U)) < 0.15)
y = x @ truth + rng.normal(size=(N, U))
y[:, 4] = rng.normal(size=N)                   # nothing to be found
y[:, 5] = x[:, 20] + 0.1 * rng.normal(size=N)
y = z(y)
of = rng.permutation(np.arange(N) % STIMULI)
y_of = z(np.stack([y[of == s].mean(0) for s in range(STIMULI)]))
out = dict(x=x, y=y, of=of, y_of=y_of, raw_x=x * rng.uniform(0.5, 2, D) + rng.normal(size=D), raw_y=y + 2)
out['still_x'] = out['raw_x'][:, [0, 7, 20]]
out['still_y'] = (out['still_x'] @ [1, -2, 0.5] + 3 + rng.normal(size=N))[:, None]


def correlated(x, y, n):
    """The n voxels with the largest |correlation|, in their order; a later one before its equal."""
    with np.errstate(invalid='ignore'):
        r = np.abs(np.corrcoef(y, x, rowvar=False)[0, 1:])
    r[np.isnan(r)] = -np.inf
    return np.sort(np.argsort(r, kind='stable')[::-1][:n])


def matlab(X, Y, iterations, rule, a_min=1e-10, minval=1e-15):
    """linear_map_sparse_cov for one output, X features × samples; names as there. The start is from means of squares."""
    M, T = X.shape
    A = np.full(M, 1 / np.mean(X ** 2))
    SY0 = np.mean(Y ** 2)
    at = np.arange(M)
    for _ in range(iterations):
        M = len(A)
        XX, YX = X @ X.T, X @ Y
        if T < M:
            XC = X @ np.linalg.inv((X.T * A) @ X + np.eye(T))
            W0 = YX * A
            W = W0 - (W0 @ XC) @ (X.T * A)
            G = A * np.sum(X * XC, 1)
        else:
            R = np.sqrt(A)                     # SW = XX + diag(1/A), scaled to be well conditioned
            inv = R[:, None] * np.linalg.inv(np.eye(M) + R[:, None] * XX * R) * R
            W = inv @ YX
            G = np.diag(XX @ inv)
        WW = W ** 2
        SY = (np.sum(Y ** 2) - W @ YX) / T
        if SY / SY0 <= minval:
            SY = max((np.sum((Y - W @ X) ** 2) + np.sum(WW / A)) / T, minval)
        A = np.sqrt(A * (WW / SY) / np.maximum(G, minval))
        if rule == 'floor':
            A = np.maximum(A, minval)
            continue
        share = WW if rule == 'matlab' else A
        keep = share / np.max(share) > a_min
        X, A, W, at = X[keep], A[keep], W[keep], at[keep]
    return at, W, A, SY


def case(data, mode, iterations, voxels):
    cx, cy = (out[data + '_x'], out[data + '_y']) if data in ('raw', 'still') else (x, y)
    if data == 'wide':
        cx, cy = x[:WIDE], y[:WIDE]
    if data == 'groups':
        cy = y_of[of]
    n, d, u = len(cx), cx.shape[1], cy.shape[1]
    c, l, s, k = np.zeros((u, d + 1)), np.zeros((u, d + 1)), np.zeros(u), np.zeros(u)
    for i in range(u):
        v = correlated(cx, cy[:, i], voxels) if voxels else np.arange(d)
        f = np.append(v, d)
        one = np.hstack([cx[:, v], np.ones((n, 1))])
        if mode in ('matlab', 'variance', 'floor'):
            at, w, a, s[i] = matlab(one.T, cy[:, i], iterations, mode)
            c[i, f[at]], l[i, f[at]], k[i] = w, a, len(at)
            continue
        m = SparseLinearRegression(n_iter=iterations, prune_mode=int(mode), verbose=data == 'still', verbose_skip=1)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            m.fit(one, cy[:, i])
        if data == 'still':
            end = re.search(r'End. -- Iter:(\d+)', said.getvalue())
            out['i_' + data] = [int(end[1]) + 1]
            print('converged', out['i_' + data])
        if '*' in said.getvalue():
            print('unit', i, 'left the range of its noise')
        c[i, f], l[i, f], s[i], k[i] = m.coef_, m.lambda_, m.alpha_, len(m.valid_index_list)
    name = f'{data}-{mode}-{iterations}-{voxels}'
    print(name, k)
    out['c_' + name], out['l_' + name], out['s_' + name], out['k_' + name] = c, l, s, k


for mode in ('1', '2', 'matlab', 'variance', 'floor'):
    for iterations in (1, 2, 5, 50, 200):
        case('plain', mode, iterations, 0)
        if mode != 'floor' or iterations <= 50:
            case('wide', mode, iterations, 0)
    case('plain', mode, 200, 25)
    case('wide', mode, 30, 25)
    case('groups', mode, 200, 25)
    case('groups', mode, 200, 0)
    case('raw', mode, 200, 25)
    case('raw', mode, 200, 0)
for iterations in (1, 2, 3):
    case('raw', '0', iterations, 0)
    case('wide', '0', iterations, 0)
case('still', '1', 400, 0)
np.savez_compressed(HERE / 'expected.npz', **out)
