package eval

import (
	"encoding/json"
	"image"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// number reads null as NaN.
type number float64

func (x *number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*x = number(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(x))
}

// expected is testdata/eval/metrics.json, made by bdpy and SciPy.
type expected struct {
	Identification []struct {
		Name          string
		Pred, True    [][]number
		Strict        []number
		Lenient, Half []number
		Best          []bool
	}
	Types         []string
	WithinType    []number `json:"within_type"`
	Pred, True    [][]number
	Profile       []number
	Mean, Sd      []number
	Pattern       []number
	PatternScaled []number   `json:"pattern_scaled"`
	PredNaN       [][]number `json:"pred_nan"`
	PatternNaN    []number   `json:"pattern_nan"`
}

func load(t *testing.T) (e expected) {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/eval/metrics.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func rows[T Float](in [][]number) [][]T {
	out := make([][]T, len(in))
	for i, r := range in {
		for _, x := range r {
			out[i] = append(out[i], T(x))
		}
	}
	return out
}

func same(t *testing.T, what string, got []float64, want []number) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		if math.IsNaN(float64(w)) != math.IsNaN(got[i]) || math.Abs(got[i]-float64(w)) > 1e-12 {
			t.Errorf("%s %d: %.17g, want %.17g", what, i, got[i], float64(w))
		}
	}
}

func diagonal(n int) (own []int) {
	for i := range n {
		own = append(own, i)
	}
	return own
}

func TestIdentificationAgainstBdpy(t *testing.T) {
	e := load(t)
	for _, c := range e.Identification {
		recon, truth := rows[float64](c.Pred), rows[float64](c.True)
		own := diagonal(len(recon))
		d, err := Identify(recon, truth, own)
		if err != nil {
			t.Fatal(err)
		}
		same(t, c.Name, d.Pairwise, c.Strict)
		single, err := Identify(rows[float32](c.Pred), rows[float32](c.True), own)
		if err != nil || !slices.Equal(single.Pairwise, d.Pairwise) {
			t.Errorf("%s in float32: %v, %v", c.Name, single.Pairwise, err)
		}
		if want := map[string]int{"nan columns": 2}[c.Name]; d.Columns != want {
			t.Errorf("%s: %d columns left out, want %d", c.Name, d.Columns, want)
		}
		if c.Lenient == nil {
			continue
		}
		if !slices.Equal(d.Best, c.Best) {
			t.Errorf("%s: best %v, want %v", c.Name, d.Best, c.Best)
		}
		for ties, want := range map[Ties][]number{Lenient: c.Lenient, Half: c.Half} {
			d, err := IdentifyBy(Rule{Ties: ties}, recon, truth, own)
			if err != nil {
				t.Fatal(err)
			}
			same(t, c.Name+", "+ties.String(), d.Pairwise, want)
		}
	}
	within := Rule{Against: func(i, c int) bool { return e.Types[i] == e.Types[c] }}
	c := e.Identification[0]
	d, err := IdentifyBy(within, rows[float64](c.Pred), rows[float64](c.True), diagonal(len(c.Pred)))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "within type", d.Pairwise, e.WithinType)
	if d.Others[0] != 2 || d.Others[7] != 4 {
		t.Errorf("others %v", d.Others)
	}
}

// Five blocks of two stimuli each: own need not be the diagonal.
func TestIdentificationOfRepeats(t *testing.T) {
	candidates := [][]float64{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}
	recon := [][]float64{{3, 1, 0, 0}, {1, 3, 0, 0}, {2, 1, 0, 0}, {0, 0, 0, 0}}
	d, err := Identify(recon, candidates, []int{0, 0, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Pairwise, []float64{1, 0.5, 0.5, 0}) || !slices.Equal(d.Best, []bool{true, false, false, false}) || d.Correct() != 1 || d.Mean() != 0.5 {
		t.Errorf("%+v", d)
	}
}

func TestIdentificationRefuses(t *testing.T) {
	x := [][]float64{{1, 2, 3}, {3, 1, 2}}
	nan := math.NaN()
	alone := Rule{Against: func(int, int) bool { return false }}
	for _, c := range []struct {
		rule              Rule
		recon, candidates [][]float64
		own               []int
		want              string
	}{
		{Rule{}, x, x[:1], []int{0, 0}, "at least 2"},
		{Rule{}, x, x, []int{0}, "2 reconstructions with 1"},
		{Rule{}, nil, x, nil, "0 reconstructions"},
		{Rule{}, x, x, []int{0, 2}, "original 2 of 2"},
		{Rule{}, [][]float64{{1, 2}, {2, 1}}, x, []int{0, 1}, "vectors of 2 and 3"},
		{Rule{}, [][]float64{{1, nan, nan}}, x, []int{0}, "1 of 3 columns"},
		{alone, x, x, []int{0, 1}, "no other original"},
		{Rule{}, x, [][]float64{{1, 2, 3}, {2, 2, 2}}, []int{0, 0}, "no other original"},
	} {
		if _, err := IdentifyBy(c.rule, c.recon, c.candidates, c.own); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want an error with %q", err, c.want)
		}
	}
}

func TestFeatureMetricsAgainstBdpy(t *testing.T) {
	e := load(t)
	pred, truth := rows[float32](e.Pred), rows[float32](e.True)
	profile, err := ProfileCorrelation(pred, truth)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "profile", profile, e.Profile)
	sum := 0.0
	for _, r := range e.Profile {
		if r == r {
			sum += float64(r)
		}
	}
	a, err := DecodingAccuracy(pred, truth)
	if err != nil || a.Units != len(e.Profile)-1 || a.Undefined != 1 || a.Samples != len(pred) || math.Abs(a.Mean-sum/float64(a.Units)) > 1e-12 {
		t.Errorf("decoding accuracy %+v, %v", a, err)
	}
	mean, sd := rows[float64]([][]number{e.Mean})[0], rows[float64]([][]number{e.Sd})[0]
	for _, c := range []struct {
		what     string
		pred     [][]number
		mean, sd []float64
		left     int
		want     []number
	}{
		{"pattern", e.Pred, nil, nil, 0, e.Pattern},
		{"pattern scaled", e.Pred, mean, sd, 0, e.PatternScaled},
		{"pattern with NaN", e.PredNaN, mean, sd, 1, e.PatternNaN},
	} {
		r, left, err := PatternCorrelation(rows[float32](c.pred), truth, c.mean, c.sd)
		if err != nil || left != c.left {
			t.Errorf("%s: left out %d, %v", c.what, left, err)
		}
		same(t, c.what, r, c.want)
	}
	for what, f := range map[string]func() error{
		"samples":  func() error { _, err := ProfileCorrelation(pred[1:], truth); return err },
		"1 sample": func() error { _, err := DecodingAccuracy(pred[:1], truth[:1]); return err },
		"true units": func() error {
			_, err := ProfileCorrelation(pred, append(slices.Clone(truth[1:]), truth[0][1:]))
			return err
		},
		"deviations":    func() error { _, _, err := PatternCorrelation(pred, truth, mean, nil); return err },
		"units can be":  func() error { _, _, err := PatternCorrelation(pred, truth, mean, make([]float64, len(sd))); return err },
		"0 decoded and": func() error { _, _, err := PatternCorrelation(nil, nil, nil, nil); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want an error with %q", err, what)
		}
	}
}

func TestPixelCorrelation(t *testing.T) {
	a, b := image.NewNRGBA(image.Rect(0, 0, 2, 1)), image.NewNRGBA(image.Rect(0, 0, 2, 1))
	copy(a.Pix, []byte{1, 2, 3, 255, 4, 5, 6, 255})
	copy(b.Pix, []byte{6, 5, 4, 0, 3, 2, 1, 9}) // alpha plays no part
	if r, err := PixelCorrelation(a, b); err != nil || math.Abs(r+1) > 1e-15 {
		t.Errorf("%g, %v, want -1", r, err)
	}
	if _, err := PixelCorrelation(a, image.NewNRGBA(image.Rect(0, 0, 2, 1))); err == nil {
		t.Error("a black picture was correlated")
	}
	if _, err := PixelCorrelation(a, image.NewNRGBA(image.Rect(0, 0, 1, 2))); err == nil {
		t.Error("two sizes were correlated")
	}
	if r := Correlation([]float64{0.1, 0.1, 0.1}, []float64{1, 2, 3}); !math.IsNaN(r) {
		t.Errorf("constant vector: %g, want NaN", r)
	}
}
