package stats

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// expected is testdata/stats/stats.json, made by SciPy.
type expected struct {
	Means []struct {
		X                         []float64
		Level, Mean, Lower, Upper float64
	}
	Proportions []struct {
		K, N                int
		Level, Lower, Upper float64
	}
	Ranks []struct {
		X                  []float64
		Null, Statistic, P float64
		Exact              bool
		N                  int
	}
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-10*max(math.Abs(b), 1e-3) }

func TestAgainstSciPy(t *testing.T) {
	raw, err := os.ReadFile("../../testdata/stats/stats.json")
	if err != nil {
		t.Fatal(err)
	}
	var e expected
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	for _, c := range e.Means {
		if i := Mean(c.X, c.Level); !near(i.Mean, c.Mean) || !near(i.Lower, c.Lower) || !near(i.Upper, c.Upper) {
			t.Errorf("mean of %d at %g: %.13g [%.13g, %.13g], want %.13g [%.13g, %.13g]", len(c.X), c.Level, i.Mean, i.Lower, i.Upper, c.Mean, c.Lower, c.Upper)
		}
	}
	for _, c := range e.Proportions {
		if i := Proportion(c.K, c.N, c.Level); !near(i.Lower, c.Lower) || !near(i.Upper, c.Upper) {
			t.Errorf("%d of %d at %g: [%.13g, %.13g], want [%.13g, %.13g]", c.K, c.N, c.Level, i.Lower, i.Upper, c.Lower, c.Upper)
		}
	}
	for _, c := range e.Ranks {
		r, err := SignedRank(c.X, c.Null)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(r.P/c.P-1) > 1e-10 || r.Statistic != c.Statistic || r.N != c.N || r.Zeros != len(c.X)-c.N || strings.Contains(r.Method, "exact") != c.Exact {
			t.Errorf("%v, want p = %.13g, T = %g, n = %d, exact %v", r, c.P, c.Statistic, c.N, c.Exact)
		}
	}
}

func TestUndefined(t *testing.T) {
	for _, i := range []Interval{Mean(nil, 0.95), Mean([]float64{3}, 0.95), Proportion(0, 0, 0.95), Proportion(3, 2, 0.95), Proportion(-1, 2, 0.95)} {
		if i.Defined() {
			t.Errorf("%v is defined", i)
		}
	}
	if m := Mean([]float64{3}, 0.95); m.Mean != 3 {
		t.Errorf("mean of one value is %g", m.Mean)
	}
	if i := Proportion(1, 2, 0.95); !i.Defined() {
		t.Errorf("%v is undefined", i)
	}
	for want, x := range map[string][]float64{"no value": {2, 2}, "value 1 is NaN": {1, math.NaN()}, "no value differs": nil} {
		if _, err := SignedRank(x, 2); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}

func TestCaptions(t *testing.T) {
	if s, want := Proportion(39, 40, 0.95).String(), "0.975 [0.871, 0.996] (95 % interval, Wilson score, n = 40)"; s != want {
		t.Errorf("%q, want %q", s, want)
	}
	r, err := SignedRank([]float64{1, 2, 3, 4, 5, 0}, 0)
	if want := "p = 0.0625 (two-sided Wilcoxon signed-rank test, exact, T = 0, n = 5, 1 at the null left out)"; err != nil || r.String() != want {
		t.Errorf("%q, want %q", r, want)
	}
}
