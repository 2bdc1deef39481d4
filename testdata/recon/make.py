"""Records objective values of SciPy's L-BFGS-B on small bounded problems.

Run in this folder: python3 make.py  → lbfgsb.json
The problems are restated in compute/recon/lbfgsb_test.go. Every value is one
function evaluation, in order. ftol = gtol = 0 unless the name says otherwise.
"""
import json

import numpy as np
import scipy
from scipy.optimize import minimize

from stream import normal


def rosenbrock(x):
    d, e = x[1:] - x[:-1] ** 2, 1 - x[:-1]
    g = np.zeros_like(x)
    g[1:] += 200 * d
    g[:-1] += -400 * d * x[:-1] - 2 * e
    return float(np.sum(100 * d**2 + e**2)), g


def quadratic(n=60):
    """½ xᵀHx − bᵀx, H = diag(10^(3i/(n−1))) + UUᵀ with U n×5."""
    h = 10 ** (3 * np.arange(n) / (n - 1))
    u = normal(11, 0, 5 * n).reshape(n, 5)
    b = 20 * normal(11, 1, n)

    def fun(x):
        hx = h * x + u @ (u.T @ x)
        return float(0.5 * x @ hx - b @ x), hx - b

    return fun


def features(n=200, m=300):
    """½ ‖tanh(Wx) − t‖², W m×n normal/√n, t = tanh(W·2·normal)."""
    w = normal(12, 0, m * n).reshape(m, n) / np.sqrt(n)
    t = np.tanh(w @ (2 * normal(12, 1, n)))

    def fun(x):
        y = np.tanh(w @ x)
        return float(0.5 * np.sum((y - t) ** 2)), w.T @ ((y - t) * (1 - y**2))

    return fun


def run(name, fun, x0, bounds, **options):
    trace = []

    def traced(x):
        f, g = fun(x)
        trace.append(f)
        return f, g

    r = minimize(traced, x0, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    print(name, len(trace), r.nit, r.fun, r.message)
    return dict(name=name, trace=trace, iterations=r.nit, message=r.message, final=r.fun,
                bound=int(sum(v in b for v, b in zip(r.x, bounds or [(None, None)] * len(r.x)))))


n = 25
runs = [
    run("rosenbrock bounded", rosenbrock, np.full(n, 3.0), [(1, 100) if i % 2 else (-100, 100) for i in range(n)],
        maxiter=300, ftol=0, gtol=0),
    run("rosenbrock half open", rosenbrock, np.full(n, -1.2), [(None, 0.9) if i % 3 == 0 else (None, None) for i in range(n)],
        maxiter=300, ftol=0, gtol=0),
    run("quadratic boxed", quadratic(), np.zeros(60), [(-0.5, 0.5)] * 60, maxiter=300, ftol=0, gtol=0),
    run("quadratic lower", quadratic(), np.full(60, 0.25), [(-0.1, None)] * 60, maxiter=300, ftol=0, gtol=1e-5),
    run("features boxed", features(), np.zeros(200), [(-2, 2)] * 200, maxiter=150, ftol=0, gtol=0),
    run("features free", features(), np.zeros(200), None, maxiter=150, ftol=0, gtol=0),
    run("features default tolerances", features(), np.full(200, 5.0), [(-1, 1.5)] * 200, maxiter=500),
]
with open("lbfgsb.json", "w") as f:
    json.dump(dict(made_by="make.py", scipy=scipy.__version__, numpy=np.__version__, runs=runs), f, indent=None)
    f.write("\n")
