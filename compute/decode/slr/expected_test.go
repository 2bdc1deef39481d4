package slr

import (
	"context"
	"fmt"
	"math"
	"os"
	"testing"

	"reverie/compute/format/npy"
)

// open gives the arrays of an archive as float64.
func open(t *testing.T, path string) func(name string) []float64 {
	t.Helper()
	a, err := npy.OpenArchive(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return func(name string) []float64 {
		t.Helper()
		m, err := a.Array(name)
		if err != nil {
			t.Fatal(err)
		}
		v, err := npy.ReadAll[float64](m)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// off is the largest difference relative to the largest expected value.
func off(t *testing.T, got, want []float64) float64 {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	size, diff := 0.0, 0.0
	for i := range want {
		size = max(size, math.Abs(want[i]))
		if d := math.Abs(got[i] - want[i]); !(d <= diff) {
			diff = d
		}
	}
	if diff == 0 {
		return 0
	}
	return diff / size
}

// one fits one unit to all voxels and gives coefficients and variances of voxels and bias, 0 where pruned.
func one(t *testing.T, x []float64, samples int, y []float64, opt Options) (coef, lambda []float64, a *ard) {
	t.Helper()
	voxels := len(x) / samples
	opt.Workers = 1
	f, err := New(context.Background(), x, samples, voxels, nil, opt)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorker(f, 1)
	copy(w.y, y)
	if err := w.fit(context.Background(), 0, 1); err != nil {
		t.Fatal(err)
	}
	coef, lambda = make([]float64, voxels+1), make([]float64, voxels+1)
	for i, p := range w.ard.at {
		lambda[p] = w.ard.a[i]
	}
	for i, v := range w.out.Index {
		coef[v] = w.out.W[i]
	}
	coef[voxels] = w.out.B[0]
	return coef, lambda, w.ard
}

// TestRealData compares with slir on a real subject's V1 (../shared/data).
func TestRealData(t *testing.T) {
	path := "../../../../shared/data/reference_runs/slir_ncc_s2.npz"
	if _, err := os.Stat(path); err != nil {
		t.Skip("the run of slir on real data is absent: ", err)
	}
	read := open(t, path)
	const samples, tests, voxels = 180, 60, 910
	all, test, y := read("x_train_all"), read("x_test_all"), read("y_train")
	for _, n := range []int{300, 60} {
		sel := read(fmt.Sprintf("v%d_sel", n))
		take := func(x []float64, rows int) []float64 {
			out := make([]float64, 0, rows*n)
			for i := range rows {
				for _, v := range sel {
					out = append(out, x[i*voxels+int(v)])
				}
			}
			return out
		}
		x, xt := take(all, samples), take(test, tests)
		for _, it := range []int{1, 2, 5, 50, 200} {
			name := fmt.Sprintf("v%d_it%d_", n, it)
			coef, lambda, a := one(t, x, samples, y, Options{Iterations: it})
			p := make([]float64, tests)
			for i := range p {
				p[i] = coef[n]
				for v, c := range coef[:n] {
					p[i] += c * xt[i*n+v]
				}
			}
			valid := make([]float64, len(a.at))
			for i, v := range a.at {
				valid[i] = float64(v)
			}
			if want := read(name + "valid"); len(valid) != len(want) || off(t, valid, want) != 0 {
				t.Errorf("%s: kept %d features, slir %d, or others", name, len(valid), len(want))
			}
			c, l, s, q := off(t, coef, read(name+"coef")), off(t, lambda, read(name+"lambda")), off(t, []float64{a.noise}, read(name+"noise")), off(t, p, read(name+"pred"))
			t.Logf("%-12s %3d kept: coefficients %.1e, lambda %.1e, noise %.1e, predictions %.1e", name, len(valid), c, l, s, q)
			if !(max(c, l, s, q) <= 1e-6) {
				t.Errorf("%s: off by %g, %g, %g, %g", name, c, l, s, q)
			}
		}
	}
}
