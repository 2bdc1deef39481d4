package stats

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

func TestMomentsAndCorrelationAgainstSciPy(t *testing.T) {
	// accuracy.json is made by NumPy and SciPy.
	raw, err := os.ReadFile("../../testdata/decoding/accuracy.json")
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		Moments []struct {
			N        int
			Sd       float64
			Interval [3]float64
		}
		Quantiles    [][3]float64
		Correlations [][4]float64
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	for _, c := range e.Moments {
		var m Moments
		for i := range c.N {
			m.Add(math.Sin(float64(i)*0.7) + 1e3)
		}
		i := m.Interval(0.95, "units")
		if math.Abs(m.SD()/c.Sd-1) > 1e-9 || m.N() != c.N || i.N != c.N || i.Method != "Student's t over units" {
			t.Errorf("%d values: sd %.17g, want %.17g; %v", c.N, m.SD(), c.Sd, i)
		}
		// The values lie around 1000.
		for k, got := range []float64{i.Mean, i.Lower, i.Upper} {
			if math.Abs(got-c.Interval[k]) > 1e-11 {
				t.Errorf("%d values: %.17g, want %.17g", c.N, got, c.Interval[k])
			}
		}
	}
	for _, c := range e.Quantiles {
		if got := tQuantile(c[0], c[1]); math.Abs(got/c[2]-1) > map[bool]float64{true: 1e-11, false: 5e-13}[c[1] < tNormal] {
			t.Errorf("t quantile of %g with %g: %.17g, want %.17g", c[0], c[1], got, c[2])
		}
	}
	for _, c := range e.Correlations {
		if i := Correlation(c[0], int(c[1]), 0.9); math.Abs(i.Lower-c[2]) > 1e-13 || math.Abs(i.Upper-c[3]) > 1e-13 || i.Mean != c[0] {
			t.Errorf("r = %g of %g: %v, want [%g, %g]", c[0], c[1], i, c[2], c[3])
		}
	}
}

func TestMomentsAndCorrelationUndefined(t *testing.T) {
	var m Moments
	if m.Interval(0.95, "units").Defined() || !math.IsNaN(m.Mean()) {
		t.Error("the mean of nothing is defined")
	}
	m.Add(3)
	if i := m.Interval(0.95, "units"); i.Defined() || i.Mean != 3 {
		t.Errorf("%v", i)
	}
	m.Add(3)
	if i := m.Interval(0.95, "units"); i.Lower != 3 || i.Upper != 3 {
		t.Errorf("%v", i)
	}
	nan := math.NaN()
	for _, i := range []Interval{Correlation(nan, 9, 0.95), Correlation(0.5, 3, 0.95), Correlation(1.1, 9, 0.95), Correlation(0.5, 1, 0.95)} {
		if i.Defined() {
			t.Errorf("%v is defined", i)
		}
	}
	if i := Correlation(-1, 9, 0.95); i.Lower != -1 || i.Upper != -1 {
		t.Errorf("%v", i)
	}
	if i := Correlation(0.5, 3, 0.95); i.Mean != 0.5 {
		t.Errorf("%v", i)
	}
}
