package recon

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reverie/compute/nn"
)

type objective func(x, g []float64) float64

func rosenbrock(x, g []float64) float64 {
	clear(g)
	f := 0.0
	for i := range len(x) - 1 {
		d, e := x[i+1]-x[i]*x[i], 1-x[i]
		f += 100*d*d + e*e
		g[i+1] += 200 * d
		g[i] += -400*d*x[i] - 2*e
	}
	return f
}

func quadratic(n int) objective {
	const r = 5
	su, sb := nn.NewStream(11, 0), nn.NewStream(11, 1)
	return func(x, g []float64) float64 {
		var ux [r]float64
		for i, v := range x {
			for k := range ux {
				ux[k] += su.Normal(uint64(i*r+k)) * v
			}
		}
		f := 0.0
		for i, v := range x {
			hx := math.Pow(10, 3*float64(i)/float64(n-1)) * v
			for k := range ux {
				hx += su.Normal(uint64(i*r+k)) * ux[k]
			}
			b := 20 * sb.Normal(uint64(i))
			f += 0.5*v*hx - b*v
			g[i] = hx - b
		}
		return f
	}
}

func features(n, m int) objective {
	w, t := make([]float64, m*n), make([]float64, m)
	sw, st := nn.NewStream(12, 0), nn.NewStream(12, 1)
	for i := range w {
		w[i] = sw.Normal(uint64(i)) / math.Sqrt(float64(n))
	}
	for j := range t {
		for i := range n {
			t[j] += w[j*n+i] * 2 * st.Normal(uint64(i))
		}
		t[j] = math.Tanh(t[j])
	}
	return func(x, g []float64) float64 {
		clear(g)
		f := 0.0
		for j := range t {
			y := 0.0
			for i, v := range x {
				y += w[j*n+i] * v
			}
			y = math.Tanh(y)
			d := y - t[j]
			f += 0.5 * d * d
			for i := range x {
				g[i] += w[j*n+i] * d * (1 - y*y)
			}
		}
		return f
	}
}

func fill(n int, v float64) []float64 { return slices.Repeat([]float64{v}, n) }

// minimise runs to the end and gives every objective value.
func minimise(t *testing.T, fun objective, x0, l, u []float64, opt LBFGSBOptions) (*LBFGSB, []float64) {
	t.Helper()
	o, err := NewLBFGSB(x0, l, u, opt)
	if err != nil {
		t.Fatal(err)
	}
	g := make([]float64, len(x0))
	var trace []float64
	for o.Status() == Running {
		for i, x := range o.X() {
			if l != nil && x < l[i] || u != nil && x > u[i] {
				t.Fatalf("evaluation %d leaves the box: x[%d] = %g", len(trace), i, x)
			}
		}
		f := fun(o.X(), g)
		trace = append(trace, f)
		o.Tell(f, g)
	}
	return o, trace
}

// agree counts the leading evaluations within tol of the expected ones, relative.
func agree(got, want []float64, tol float64) int {
	for i := range min(len(got), len(want)) {
		if math.Abs(got[i]-want[i]) > tol*math.Abs(want[i]) {
			return i
		}
	}
	return min(len(got), len(want))
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && strings.Contains(path, "shared") {
		t.Skipf("%s is not here: the shared data set lies beside the repository", path)
	}
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The four runs were recorded with SciPy 1.10.1 (the Fortran code).
func TestLBFGSBFollowsFortran(t *testing.T) {
	var file struct {
		Runs map[string]struct {
			N      int
			X0     float64
			Bounds [][2]float64
			Nit    int
			Fun    float64
			FTrace []float64 `json:"f_trace"`
			XFinal []float64 `json:"x_final"`
		}
	}
	readJSON(t, filepath.Join("..", "..", "..", "shared", "data", "reference_runs", "scipy_lbfgsb_traces.json"), &file)
	least := map[string]int{"free": 60, "box": 60, "infeasible": 18, "mixed": 40}
	for name, want := range file.Runs {
		var l, u []float64
		for _, b := range want.Bounds {
			l, u = append(l, b[0]), append(u, b[1])
		}
		o, trace := minimise(t, rosenbrock, fill(want.N, want.X0), l, u,
			LBFGSBOptions{MaxIterations: 200, FTol: 2.220446049250313e-9, GTol: 1e-5})
		same := agree(trace, want.FTrace, 1e-6)
		x, f := o.Best()
		t.Logf("%s: %d/%d evaluations agree to 1e-6 (%d to 1e-9), %d here; iterations %d/%d; f %.6g/%.6g; %s",
			name, same, len(want.FTrace), agree(trace, want.FTrace, 1e-9), len(trace), o.Iterations(), want.Nit, f, want.Fun, o.Reason())
		if same < least[name] {
			t.Errorf("%s: evaluations agree up to %d, want %d", name, same, least[name])
		}
		if math.Abs(f-want.Fun) > 1e-6*max(1, want.Fun) || o.Status() != Converged {
			t.Errorf("%s: ended at %g (%s), want %g", name, f, o.Reason(), want.Fun)
		}
		for i := range x {
			if math.Abs(x[i]-want.XFinal[i]) > 1e-3 {
				t.Errorf("%s: x[%d] = %g, want %g", name, i, x[i], want.XFinal[i])
				break
			}
		}
	}
}

// The runs of testdata/recon/make.py, recorded with SciPy 1.17 (the C code).
func TestLBFGSBFollowsSciPy(t *testing.T) {
	var file struct {
		Runs []struct {
			Name       string
			Trace      []float64
			Iterations int
			Final      float64
		}
	}
	readJSON(t, filepath.Join("..", "..", "testdata", "recon", "lbfgsb.json"), &file)
	inf := math.Inf(1)
	type problem struct {
		fun      objective
		n, least int
		x0       float64
		bounds   func(i int) (l, u float64)
		opt      LBFGSBOptions
	}
	tanh := features(200, 300)
	problems := map[string]problem{
		"rosenbrock bounded": {rosenbrock, 25, 40, 3, func(i int) (l, u float64) {
			if i%2 == 1 {
				return 1, 100
			}
			return -100, 100
		}, LBFGSBOptions{MaxIterations: 300}},
		"rosenbrock half open": {rosenbrock, 25, 50, -1.2, func(i int) (l, u float64) {
			if i%3 == 0 {
				return -inf, 0.9
			}
			return -inf, inf
		}, LBFGSBOptions{MaxIterations: 300}},
		"quadratic boxed":             {quadratic(60), 60, 40, 0, func(int) (l, u float64) { return -0.5, 0.5 }, LBFGSBOptions{MaxIterations: 300}},
		"quadratic lower":             {quadratic(60), 60, 40, 0.25, func(int) (l, u float64) { return -0.1, inf }, LBFGSBOptions{MaxIterations: 300, GTol: 1e-5}},
		"features boxed":              {tanh, 200, 60, 0, func(int) (l, u float64) { return -2, 2 }, LBFGSBOptions{MaxIterations: 150}},
		"features free":               {tanh, 200, 60, 0, func(int) (l, u float64) { return -inf, inf }, LBFGSBOptions{MaxIterations: 150}},
		"features default tolerances": {tanh, 200, 40, 5, func(int) (l, u float64) { return -1, 1.5 }, LBFGSBOptions{MaxIterations: 500, FTol: 2.220446049250313e-9, GTol: 1e-5}},
	}
	for _, want := range file.Runs {
		p, ok := problems[want.Name]
		if !ok {
			t.Fatalf("no problem %q", want.Name)
		}
		l, u := make([]float64, p.n), make([]float64, p.n)
		for i := range l {
			l[i], u[i] = p.bounds(i)
		}
		o, trace := minimise(t, p.fun, fill(p.n, p.x0), l, u, p.opt)
		same := agree(trace, want.Trace, 1e-6)
		_, f := o.Best()
		t.Logf("%s: %d/%d evaluations agree to 1e-6 (%d to 1e-9), %d here; iterations %d/%d; f %.9g/%.9g; %s", want.Name,
			same, len(want.Trace), agree(trace, want.Trace, 1e-9), len(trace), o.Iterations(), want.Iterations, f, want.Final, o.Reason())
		if same < min(p.least, len(want.Trace)) {
			t.Errorf("%s: evaluations agree up to %d of %d, want %d", want.Name, same, len(want.Trace), p.least)
		}
		// A run cut at its limit stands at a point that rounding has already moved.
		tol := 1e-6
		if o.Status() == Limit {
			tol = 1e-3
		}
		if math.Abs(f-want.Final) > tol*math.Abs(want.Final)+1e-12 {
			t.Errorf("%s: ended at %.12g, want %.12g", want.Name, f, want.Final)
		}
	}
}
