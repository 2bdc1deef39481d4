package slr

import (
	"context"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
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
func one(t *testing.T, x []float64, samples int, y []float64, opt Options) (coef, lambda []float64, a *ard, took int) {
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
	return coef, lambda, w.ard, w.out.Iterations[0]
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
			coef, lambda, a, _ := one(t, x, samples, y, Options{Iterations: it})
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
		for _, most := range []int{200, 5000} { // what the honest test of convergence changes
			lab, _, _, _ := one(t, x, samples, y, Options{Iterations: most})
			paper, _, _, took := one(t, x, samples, y, Options{Iterations: most, Mode: Paper})
			d := off(t, paper, lab)
			t.Logf("%d voxels, at most %d iterations: paper took %d, coefficients differ by %.1e", n, most, took, d)
			if !(d <= 1e-6) {
				t.Errorf("%d voxels: paper is off lab by %g", n, d)
			}
		}
	}
}

// TestAgainstSlir compares with the lab's package and with the equations of
// MATLAB's code on drawn data (testdata/slr/make.py).
func TestAgainstSlir(t *testing.T) {
	path := "../../../testdata/slr/expected.npz"
	read := open(t, path)
	const samples, wide = 150, 55
	var of []int
	for _, s := range read("of") {
		of = append(of, int(s))
	}
	rules := map[string]PruneRule{"1": ByVariance, "2": ByWeight, "0": NoPruning, "matlab": ByWeight, "variance": ByVariance, "floor": NoPruning}
	archive, err := npy.OpenArchive(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	cases := 0
	for _, name := range archive.Names() {
		name, ok := strings.CutPrefix(name, "c_")
		if !ok {
			continue
		}
		cases++
		p := strings.Split(name, "-")
		opt := Options{Prune: rules[p[1]], Workers: 1}
		opt.Iterations, _ = strconv.Atoi(p[2])
		opt.Voxels, _ = strconv.Atoi(p[3])
		x, y, n, rows := read("x"), read("y"), samples, []int(nil)
		units := len(y) / samples
		switch p[0] {
		case "wide":
			n, x, y = wide, x[:len(x)/samples*wide], y[:units*wide]
		case "groups":
			rows, y = of, read("y_of")
		case "raw", "still":
			x, y = read(p[0]+"_x"), read(p[0]+"_y")
			units = len(y) / samples
		}
		voxels := len(x) / n
		f, err := New(context.Background(), x, n, voxels, rows, opt)
		if err != nil {
			t.Fatal(err)
		}
		w := newWorker(f, 1)
		coef, lambda, noise, kept := read("c_"+name), read("l_"+name), read("s_"+name), read("k_"+name)
		worst := [4]float64{}
		for u := range units {
			for r := range f.rows {
				w.y[r] = y[r*units+u]
			}
			if err := w.fit(context.Background(), u, 1); err != nil {
				t.Fatal(err)
			}
			got, variance := make([]float64, voxels+1), make([]float64, voxels+1)
			for i, v := range w.out.Index {
				got[v] = w.out.W[i]
			}
			got[voxels] = w.out.B[0]
			for i, p := range w.ard.at {
				v := voxels
				if int(p) < f.k {
					v = int(w.chosen[p])
				}
				variance[v] = w.ard.a[i]
			}
			at := u * (voxels + 1)
			c, l, s := off(t, got, coef[at:at+voxels+1]), off(t, variance, lambda[at:at+voxels+1]), off(t, []float64{w.ard.noise}, noise[u:u+1])
			worst[0], worst[1], worst[2] = max(worst[0], c), max(worst[1], l), max(worst[2], s)
			if d := math.Abs(float64(len(w.ard.at)) - kept[u]); d != 0 {
				worst[3] = d
				t.Errorf("%s, unit %d: kept %d features, want %g", name, u, len(w.ard.at), kept[u])
			}
			// The noise of a fit that all but interpolates is a difference that
			// cancels: slir and the transcription differ as much from each other.
			loose := 1e-6
			if p[0] == "wide" {
				loose = 1e-3
			}
			if !(c <= 1e-6 && max(l, s) <= loose) {
				t.Errorf("%s, unit %d: off by %g, %g, %g", name, u, c, l, s)
			}
			if p[0] == "still" && w.out.Iterations[0] != int(read("i_still")[0]) {
				t.Errorf("converged after %d iterations, slir after %g", w.out.Iterations[0], read("i_still")[0])
			}
		}
		t.Logf("%-18s coefficients %.1e, lambda %.1e, noise %.1e, features %g", name, worst[0], worst[1], worst[2], worst[3])
	}
	if cases < 40 {
		t.Errorf("%d cases", cases)
	}
}
