package eval

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestDecodingAccuracyRefuses(t *testing.T) {
	x := [][]float32{{1, 2, 3}, {3, 1, 2}, {0, 5, 1}}
	ragged := [][]float32{{1, 2, 3}, {3, 1}, {0, 5, 1}}
	nan := float32(math.NaN())
	unit := func(of []int, average bool, blocks ...[][]float32) func() error {
		return func() (err error) {
			a := UnitAccuracy{Trials: Trials{Of: of, Average: average}}
			for i := 0; i+1 < len(blocks) && err == nil; i += 2 {
				_, err = a.Add(blocks[i], blocks[i+1])
			}
			return err
		}
	}
	pattern := func(p, q [][]float32, mean, sd []float32) func() error {
		return func() error {
			var a PatternAccuracy
			if err := a.Add(p, q, mean, sd); err != nil {
				return err
			}
			_, err := a.Summary()
			return err
		}
	}
	for want, f := range map[string]func() error{
		"2 decoded and 3 true samples":                    unit(nil, false, x[1:], x),
		"0 decoded and 0 true":                            unit(nil, false, nil, nil),
		"3 decoded samples of 3 stimuli, want 2 samples":  unit([]int{0, 1}, false, x, x),
		"sample 1 is of stimulus 3 of 3":                  unit([]int{0, 3, 1}, true, x, x),
		"sample 2 is of stimulus -1 of 3":                 unit([]int{0, 0, -1}, false, x, x),
		"unit accuracy: 1 sample":                         unit([]int{1, 1, 1}, true, x, x),
		"decoded sample 1 has 2 units":                    unit(nil, false, ragged, x),
		"true sample 1 has 2 units":                       unit(nil, false, x, ragged),
		"a block of 2 decoded and 2 true samples, before": unit(nil, false, x, x, x[1:], x[1:]),
		"at least 1":                                          unit(nil, false, [][]float32{{}, {}}, [][]float32{{}, {}}),
		"1 means and 0 deviations for 3 units":                pattern(x, x, []float32{1}, nil),
		"0 of 3 units":                                        pattern(x, [][]float32{{nan, nan, nan}, {1, 1, 1}, {2, 2, 2}}, nil, nil),
		"1 of 3 units can be used":                            pattern(x, x, []float32{0, 0, nan}, []float32{1, 0, 1}),
		"identification among 1 stimuli":                      pattern(x[:1], x[:1], nil, nil),
		"no other original":                                   pattern(x[:2], [][]float32{{1, 2, 4}, {2, 2, 2}}, nil, nil),
		"no units were added":                                 func() error { _, err := (&PatternAccuracy{}).Summary(); return err },
		"unit 1 has the correlation 2":                        func() error { return new(UnitAccuracy).AddCorrelations([]float64{0, 2}) },
		"no folds":                                            func() error { _, err := MeanOverFolds(nil); return err },
		"fold 2 has 1 units, want 2":                          func() error { _, err := MeanOverFolds([][]float64{{1, 2}, {1}}); return err },
		"5 units in 2 channels":                               func() error { _, err := ByChannel(make([]float64, 5), 2); return err },
		"0 units in 2 channels":                               func() error { _, err := ByChannel(nil, 2); return err },
		"28 weights for 1 filters":                            func() error { _, err := LuminanceContrast(make([]float32, 28), 1); return err },
		"27 weights for 0 filters":                            func() error { _, err := LuminanceContrast(make([]float32, 27), 0); return err },
		"at least 2 places":                                   func() error { _, err := LuminanceContrast(make([]float32, 3), 1); return err },
		"filter 0 has weights that are not finite":            func() error { _, err := LuminanceContrast([]float32{1, 2, 3, nan, 5, 6}, 1); return err },
		"accuracies of 1 signed and 2 absolute filters":       func() error { _, err := GainOfAbsolute(make([]Channel, 1), make([]Channel, 2), nil, 0.95); return err },
		"accuracies of 0 signed and 0 absolute filters, cont": func() error { _, err := GainOfAbsolute(nil, nil, nil, 0.95); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
	// Where no unit has a correlation there is no mean, and it can be written as JSON.
	var a UnitAccuracy
	if _, err := a.Add([][]float32{{1, 2}, {1, 2}}, [][]float32{{1, 2}, {3, 4}}); err != nil {
		t.Fatal(err)
	}
	s := a.Summary(0.95)
	text, err := json.Marshal(FeatureAccuracy{Condition: ImaginedShapes, Profile: s})
	if s.Accuracy != nil || s.Left != 2 || err != nil || !strings.Contains(string(text), `"accuracy":null`) || len(Conditions()) != 5 {
		t.Errorf("%+v, %s, %v", s, text, err)
	}
}
