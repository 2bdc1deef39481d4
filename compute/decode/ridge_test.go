package decode

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"reverie/compute/brain"
)

// ridgeCase is one case of testdata/decode/make.py (scikit-learn and the lab's fastl2lir).
type ridgeCase struct {
	Name         string
	Alpha        float64
	Labels       []string
	Voxels       int
	X, Test      []float64
	Features     map[string][]float32
	XMean        []float64 `json:"x_mean"`
	XNorm        []float64 `json:"x_norm"`
	YMean        []float64 `json:"y_mean"`
	YNorm        []float64 `json:"y_norm"`
	W, Predicted []float64
	Lab          []float64 // fastl2lir's predictions, where repeats are alike
}

func load(t *testing.T, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/decode/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

// worst is the largest difference relative to the largest expected value.
func worst(t *testing.T, got, want []float64) float64 {
	t.Helper()
	if len(got) != len(want) {
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

func (c ridgeCase) samples() (train, test brain.Samples) {
	train = brain.Samples{Voxels: c.Voxels, X: c.X, Labels: c.Labels}
	return train, brain.Samples{Voxels: c.Voxels, X: c.Test, Labels: []string{"a", "b", "c", "d", "e"}}
}

func TestRidgeAgainstScikitLearnAndTheLab(t *testing.T) {
	var cases []ridgeCase
	load(t, "ridge.json", &cases)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			train, test := c.samples()
			r, err := FitRidge(train, Options{Alpha: c.Alpha})
			if err != nil {
				t.Fatal(err)
			}
			if r.dual != strings.HasPrefix(c.Name, "dual") {
				t.Fatalf("dual = %v", r.dual)
			}
			m, err := r.Mix(test)
			if err != nil {
				t.Fatal(err)
			}
			var features [][]float32
			for _, s := range r.Stimuli() {
				features = append(features, c.Features[s])
			}
			units, n := len(c.YMean), len(m.Stimuli)
			mixed := make([]float64, test.Len()*units)
			for i := range test.Len() {
				sum := 0.0
				for s, f := range features {
					sum += m.Coef[i*n+s]
					for u := range f {
						mixed[i*units+u] += m.Coef[i*n+s] * float64(f[u])
					}
				}
				if math.Abs(sum-1) > 1e-12 {
					t.Errorf("coefficients of sample %d sum to %g", i, sum)
				}
			}
			l, err := r.Weights(features)
			if err != nil {
				t.Fatal(err)
			}
			for _, q := range []struct {
				what      string
				got, want []float64
			}{
				{"x mean", l.XMean, c.XMean}, {"x norm", l.XNorm, c.XNorm}, {"y mean", l.YMean, c.YMean}, {"y norm", l.YNorm, c.YNorm},
				{"weights", l.W, c.W}, {"mixture", mixed, c.Predicted},
			} {
				if e := worst(t, q.got, q.want); !(e < 1e-12) {
					t.Errorf("%s: %.2g from scikit-learn", q.what, e)
				}
			}
			if c.Lab != nil {
				if e := worst(t, mixed, c.Lab); !(e < 1e-12) {
					t.Errorf("mixture: %.2g from fastl2lir", e)
				}
			}
			a := NewAccumulator(m, units)
			for s := range slices.Backward(features) {
				if err := a.Add(s, features[s]); err != nil {
					t.Fatal(err)
				}
			}
			streamed, err := a.Decoded()
			if err != nil {
				t.Fatal(err)
			}
			predicted, err := l.Predict(test)
			if err != nil {
				t.Fatal(err)
			}
			if e := worst(t, flat(streamed), c.Predicted); !(e < 1e-6) {
				t.Errorf("streamed: %.2g", e)
			}
			if e := worst(t, flat(predicted), c.Predicted); !(e < 1e-7) {
				t.Errorf("weights' predictions: %.2g", e)
			}
		})
	}
}

func flat(v [][]float32) (out []float64) {
	for _, row := range v {
		for _, x := range row {
			out = append(out, float64(x))
		}
	}
	return out
}

func TestRidgeRefuses(t *testing.T) {
	good := noise(4, 3, 2)
	with := func(change func(*brain.Samples)) brain.Samples {
		s := good.Subset([]int{0, 1, 2, 3})
		change(&s)
		return s
	}
	for want, s := range map[string]brain.Samples{
		"at least 2":   good.Subset([]int{0}),
		"0 training":   {},
		"NaN in voxel": with(func(s *brain.Samples) { s.X[4] = math.NaN() }),
		"Inf in voxel": with(func(s *brain.Samples) { s.X[4] = math.Inf(1) }),
		"samples of 0": {Labels: []string{"a", "b"}},
		"11 values":    with(func(s *brain.Samples) { s.X = s.X[1:] }),
	} {
		if _, err := FitRidge(s, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
	if _, err := FitRidge(good, Options{Alpha: -1}); err == nil {
		t.Error("negative alpha was taken")
	}
	r, err := FitRidge(good, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for want, s := range map[string]brain.Samples{
		"same ROI":     noise(2, 4, 1),
		"no test":      {Voxels: 3},
		"NaN in voxel": with(func(s *brain.Samples) { s.X[11] = math.NaN() }),
	} {
		if _, err := r.Mix(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}

func TestFolds(t *testing.T) {
	s := noise(5, 2, 1)
	s.Runs = []int{3, 1, 3, 1, 2}
	folds, err := RunFolds(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(folds) != 3 || !slices.Equal(folds[2].Values, []int{3}) || !slices.Equal(folds[2].Test, []int{0, 2}) || !slices.Equal(folds[2].Train, []int{1, 3, 4}) {
		t.Errorf("%+v", folds)
	}
	sub := s.Subset(folds[2].Train)
	if !slices.Equal(sub.Labels, []string{"1", "3", "4"}) || !slices.Equal(sub.Runs, []int{1, 1, 2}) || !slices.Equal(sub.Row(1), s.Row(3)) {
		t.Errorf("%+v", sub)
	}
	if _, err := RunFolds(s.Average()); err == nil {
		t.Error("averages were split by run")
	}
	s.Runs = []int{1, 1, 1, 1, 1}
	if _, err := RunFolds(s); err == nil {
		t.Error("one run was split")
	}
}
