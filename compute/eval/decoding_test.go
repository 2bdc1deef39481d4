package eval

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

// decodingCases is testdata/decoding/accuracy.json, made by bdpy, NumPy and SciPy.
type decodingCases struct {
	Cases []struct {
		Name           string
		Pred, True     [][]number
		Of, Own        []int
		Average        bool
		Mean, Sd       []number
		Profile        []number
		Accuracy       [3]float64
		Histogram      []int
		Pattern        []number
		Scaled         []number
		Identification []number
		Left, Columns  int
	}
	Bins struct {
		X      []float64
		Counts []int
	}
	Folds  [][]number
	Pooled []number
	Gain   struct {
		Filters          int
		Weights          []number
		Contrast         []number
		Signed, Absolute []number
		SignedMean       []number `json:"signed_mean"`
		AbsoluteMean     []number `json:"absolute_mean"`
		Gain             []number
		Correlation      [3]float64
	}
}

func loadDecoding(t *testing.T) (e decodingCases) {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/decoding/accuracy.json")
	if err == nil {
		err = json.Unmarshal(raw, &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func row[T Float](in []number) []T { return rows[T]([][]number{in})[0] }

// cut gives units from … to−1 of every row.
func cut[T any](v [][]T, from, to int) [][]T {
	out := make([][]T, len(v))
	for i := range v {
		out[i] = v[i][from:to]
	}
	return out
}

func TestUnitAccuracyAgainstBdpy(t *testing.T) {
	for _, c := range loadDecoding(t).Cases {
		pred, truth := rows[float32](c.Pred), rows[float32](c.True)
		units := len(pred[0])
		var last UnitSummary
		for _, block := range []int{units, 23} {
			a := UnitAccuracy{Trials: Trials{Of: c.Of, Average: c.Average}}
			var r []float64
			for from := 0; from < units; from += block {
				to := min(from+block, units)
				got, err := a.Add(cut(pred, from, to), cut(truth, from, to))
				if err != nil {
					t.Fatal(c.Name, err)
				}
				r = append(r, got...)
			}
			same(t, c.Name+", profile", r, c.Profile)
			s := a.Summary(0.95)
			if s.Accuracy == nil || s.Units+s.Left != units || s.Samples != len(c.Own) || !slices.Equal(s.Histogram, c.Histogram) {
				t.Fatalf("%s: %+v", c.Name, s)
			}
			for k, got := range []float64{s.Accuracy.Mean, s.Accuracy.Lower, s.Accuracy.Upper} {
				if math.Abs(got-c.Accuracy[k]) > 1e-13 {
					t.Errorf("%s: %.17g, want %.17g", c.Name, got, c.Accuracy[k])
				}
			}
			if block == 23 && *s.Accuracy != *last.Accuracy {
				t.Errorf("%s: blocks changed %+v to %+v", c.Name, last.Accuracy, s.Accuracy)
			}
			last = s
			var again UnitAccuracy
			if err := again.AddCorrelations(r); err != nil || *again.Summary(0.95).Accuracy != *s.Accuracy {
				t.Errorf("%s from correlations: %+v, %v", c.Name, again.Summary(0.95), err)
			}
		}
	}
}

func TestPatternAccuracyAgainstBdpy(t *testing.T) {
	for _, c := range loadDecoding(t).Cases {
		pred, truth := rows[float32](c.Pred), rows[float32](c.True)
		mean, sd := row[float32](c.Mean), row[float32](c.Sd)
		units := len(pred[0])
		for _, block := range []int{units, 23} {
			plain := PatternAccuracy{Trials: Trials{Of: c.Of, Average: c.Average}}
			scaled := plain
			for from := 0; from < units; from += block {
				to := min(from+block, units)
				if err := plain.Add(cut(pred, from, to), cut(truth, from, to), nil, nil); err != nil {
					t.Fatal(c.Name, err)
				}
				if err := scaled.Add(cut(pred, from, to), cut(truth, from, to), mean[from:to], sd[from:to]); err != nil {
					t.Fatal(c.Name, err)
				}
			}
			for what, a := range map[string]struct {
				of   *PatternAccuracy
				want []number
				left int
			}{"plain": {&plain, c.Pattern, c.Columns}, "scaled": {&scaled, c.Scaled, c.Left}} {
				s, err := a.of.Summary()
				if err != nil {
					t.Fatal(c.Name, err)
				}
				same(t, c.Name+", pattern "+what, s.Pattern, a.want)
				same(t, c.Name+", identification beside "+what, s.Identification.Pairwise, c.Identification)
				if s.Left != a.left || s.Units != units-a.left || s.Identification.Columns != c.Columns || !slices.Equal(s.Own, c.Own) {
					t.Errorf("%s, %s: %d units, %d left out, want %d; columns %d, want %d; of %v", c.Name, what, s.Units, s.Left, a.left, s.Identification.Columns, c.Columns, s.Own)
				}
				var f FeatureAccuracy
				f.Measure(s, 0.95)
				if f.Pattern == nil || f.Identification == nil || math.Abs(f.Identification.Mean-s.Identification.Mean()) > 1e-15 {
					t.Errorf("%s: %+v", c.Name, f)
				}
			}
		}
	}
}

// Means a million times the spread, and originals that are the same: sums about
// the means keep the digits, and ties are ties.
func TestPatternAccuracyKeepsDigitsAndTies(t *testing.T) {
	const units = 1500
	truth, pred := make([][]float32, 4), make([][]float32, 4)
	for s := range truth {
		truth[s], pred[s] = make([]float32, units), make([]float32, units)
		for u := range units {
			x := math.Sin(float64((min(s, 2) + 1) * (u + 3) * 7919)) // rows 2 and 3 are alike
			truth[s][u] = float32(65536 + math.Round(x*16)/16)
			pred[s][u] = float32(65536 + math.Round((x+math.Cos(float64(u*s)))*16)/16)
		}
	}
	var a PatternAccuracy
	for from := 0; from < units; from += 700 {
		to := min(from+700, units)
		if err := a.Add(cut(pred, from, to), cut(truth, from, to), nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	s, err := a.Summary()
	if err != nil {
		t.Fatal(err)
	}
	want, err := Identify(pred, truth, diagonal(4))
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range s.Pattern {
		if w := Correlation(pred[i], truth[i]); math.Abs(r-w) > 1e-13 {
			t.Errorf("row %d: %.17g, want %.17g", i, r, w)
		}
	}
	if !slices.Equal(s.Identification.Pairwise, want.Pairwise) || !slices.Equal(s.Identification.Best, want.Best) || s.Identification.Best[2] {
		t.Errorf("%+v, want %+v", s.Identification, want)
	}
}

// The mean of a constant row is rounded where trials were averaged: what is left
// of the row is no pattern.
func TestPatternAccuracyOfConstants(t *testing.T) {
	trials, truth := make([][]float32, 5), make([][]float32, 3)
	for u := range 1300 {
		for s := range truth {
			truth[s] = append(truth[s], float32(math.Cos(float64(u+s))))
		}
		truth[2][u] = 0.1
		for i, x := range []float32{float32(math.Sin(float64(u * 2))), 0.1, 0.2, 0.4, float32(math.Sin(float64(u * 3)))} {
			trials[i] = append(trials[i], x)
		}
	}
	means := [][]float32{trials[0], trials[1], trials[4]}
	for _, c := range []struct {
		trials Trials
		pred   [][]float32
	}{{Trials{}, means}, {Trials{Average: true}, means}, {Trials{Of: []int{0, 1, 1, 1, 2}, Average: true}, trials}} {
		a := PatternAccuracy{Trials: c.trials}
		for _, b := range [][2]int{{0, 999}, {999, 1300}} {
			if err := a.Add(cut(c.pred, b[0], b[1]), cut(truth, b[0], b[1]), nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		s, err := a.Summary()
		if err != nil || len(s.Pattern) != 3 || s.Pattern[0] != s.Pattern[0] || s.Pattern[1] == s.Pattern[1] || s.Pattern[2] == s.Pattern[2] || s.Identification.Others[0] != 1 {
			t.Errorf("%+v: %+v, %v", c.trials, s, err)
		}
	}
}

func TestHistogramAndFoldsAgainstNumPy(t *testing.T) {
	e := loadDecoding(t)
	for i, x := range e.Bins.X {
		if x >= -1 && x <= 1 && bin(x) != e.Bins.Counts[i] {
			t.Errorf("%.17g falls into bin %d, want %d", x, bin(x), e.Bins.Counts[i])
		}
	}
	pooled, err := MeanOverFolds(rows[float64](e.Folds))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "mean over folds", pooled, e.Pooled)
}
