package l2

import (
	"context"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"reverie/compute/format/npy"
)

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
	return diff / size
}

// full writes weights out as voxels × units.
func full(w *Weights) []float64 {
	out := make([]float64, w.Voxels*w.Units)
	for i, v := range w.Index {
		out[int(v)*w.Units+i/w.PerUnit] = w.W[i]
	}
	return out
}

func fitAll(t *testing.T, x []float64, samples int, of []int, y []float64, units int, opt Options) *Weights {
	t.Helper()
	f, err := New(context.Background(), x, samples, len(x)/samples, of, opt)
	if err != nil {
		t.Fatal(err)
	}
	v, err := NewValues(y, len(y)/units, units)
	if err != nil {
		t.Fatal(err)
	}
	w, err := f.FitAll(context.Background(), v)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestAgainstFastL2LiR compares with weights of the lab's package on drawn data (testdata/l2/make.py).
func TestAgainstFastL2LiR(t *testing.T) {
	const samples, voxels, units, stimuli = 80, 60, 9, 20
	read := open(t, "../../../testdata/l2/expected.npz")
	x, xt, y, holes, yOf := read("x"), read("xt"), read("y"), read("y_nan"), read("y_of")
	var of []int
	for _, s := range read("of") {
		of = append(of, int(s))
	}
	expanded := make([]float64, 0, samples*units)
	for _, s := range of {
		expanded = append(expanded, yOf[s*units:(s+1)*units]...)
	}
	for _, name := range []string{
		"plain-1-12", "plain-100-25", "plain-0-12", "all-1-0", "wide-2-0", "wide-2-12", "groups-10-12", "groups-10-0", "few-2-40", "fewgroups-10-30", "free-2-40",
		"single-100-12", "holes-1-12", "holes-1-60", "holes-0.1-12-norm1", "holes-0.1-12-norm2", "holes-0.1-12-std1",
		"holes-0.1-12-std1mean0", "holes-0.1-12-norm1mean0", "holes-0.1-12-norm2mean0", "holes-0.1-60-norm2", "free-1-0", "free-1-12",
	} {
		p := strings.Split(name, "-")
		opt := Options{DropNaN: p[0] == "holes", FreeBias: p[0] == "free"}
		opt.Alpha, _ = strconv.ParseFloat(p[1], 64)
		opt.Voxels, _ = strconv.Atoi(p[2])
		if len(p) > 3 {
			opt.Spatial = Spatial(p[3])
		}
		n, rows, targets := samples, []int(nil), y
		switch p[0] {
		case "wide":
			n = 40
		case "few":
			n = 15
		case "free":
			if p[2] == "40" {
				n = 15
			}
		case "fewgroups":
			n, targets = 15, yOf[:5*units]
			for i := range n {
				rows = append(rows, i%5)
			}
		case "groups":
			rows, targets = of, yOf
		case "holes":
			targets = holes
		}
		if rows == nil {
			targets = targets[:n*units]
		}
		want, bias, predicted := read("w_"+name), read("b_"+name), read("p_"+name)
		check := func(how string, w *Weights, tol float64) {
			t.Helper()
			got, err := w.Predict(xt, len(xt)/voxels)
			if err != nil {
				t.Fatal(err)
			}
			a, b, c := off(t, full(w), want), off(t, w.B, bias), off(t, got, predicted)
			t.Logf("%-24s %s: weights %.1e, biases %.1e, predictions %.1e", name, how, a, b, c)
			if !(max(a, b, c) <= tol) {
				t.Errorf("%s, %s: off by %g, %g and %g, want %g", name, how, a, b, c, tol)
			}
		}
		tol := map[Precision]float64{Float64: 1e-9, Mixed: 1e-9, Float32: 3e-5}
		for _, opt.Precision = range []Precision{Float64, Mixed, Float32} {
			tol := tol[opt.Precision]
			if p[0] == "single" { // fastl2lir in float32
				tol = 1e-4
			}
			opt.Memory, opt.Workers = 0, 0
			check(opt.Precision.String(), fitAll(t, x[:n*voxels], n, rows, targets, units, opt), tol)
			if p[0] == "groups" {
				check(opt.Precision.String()+", expanded", fitAll(t, x, n, nil, expanded, units, opt), tol)
			}
		}
	}
}

// TestGoldenFiles compares with the test files of the lab's package.
func TestGoldenFiles(t *testing.T) {
	folder := "../../../../shared/data/PyFastL2LiR/tests/"
	if _, err := os.Stat(folder); err != nil {
		t.Skip("the lab's test files are absent: ", err)
	}
	const samples, voxels = 100, 50
	for _, c := range []struct {
		file, x, xt, y, w, b, p string
		units                   int
		opt                     Options
	}{
		{"testdata_basic", "x_tr", "x_te", "y_1d", "w_1d", "b_1d", "yp_1d", 10, Options{Alpha: 1}},
		{"testdata_basic", "x_tr", "x_te", "y_2d", "w_2d", "b_2d", "yp_2d", 100, Options{Alpha: 1}},
		{"testdata_nfeat", "x_tr", "x_te", "y_1d", "w_1d", "b_1d", "yp_1d", 10, Options{Alpha: 1, Voxels: 20}},
		{"testdata_nfeat", "x_tr", "x_te", "y_2d", "w_2d", "b_2d", "yp_2d", 100, Options{Alpha: 1, Voxels: 20}},
		{"testdata", "arr_0", "arr_1", "arr_2", "arr_6", "arr_8", "arr_4", 10, Options{Alpha: 1}},
		{"testdata", "arr_0", "arr_1", "arr_3", "arr_7", "arr_9", "arr_5", 100, Options{Alpha: 1}},
	} {
		read := open(t, folder+c.file+".npz")
		for _, c.opt.Precision = range []Precision{Float64, Mixed} {
			w := fitAll(t, read(c.x), samples, nil, read(c.y), c.units, c.opt)
			p, err := w.Predict(read(c.xt), 10)
			if err != nil {
				t.Fatal(err)
			}
			a, b, d := off(t, full(w), read(c.w)), off(t, w.B, read(c.b)), off(t, p, read(c.p))
			t.Logf("%s %s %s: weights %.1e, biases %.1e, predictions %.1e", c.file, c.y, c.opt.Precision, a, b, d)
			if !(max(a, b, d) <= 1e-8) {
				t.Errorf("%s %s %s: off by %g, %g, %g", c.file, c.y, c.opt.Precision, a, b, d)
			}
		}
	}
}
