package decode

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"reverie/compute/nn"
)

// value reads null as NaN.
type value float64

func (x *value) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*x = value(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(x))
}

func as[T float32 | float64](v []value) []T {
	out := make([]T, len(v))
	for i, x := range v {
		out[i] = T(x)
	}
	return out
}

// readDecoding reads a file of testdata/decoding.
func readDecoding(t *testing.T, name string, v any) {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/decoding/" + name)
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// scalingCases is testdata/decoding/scaling.json, made by NumPy with bdpy's formulas.
type scalingCases struct {
	Cases []struct {
		Shape       [3]int
		Samples     [][]value
		Train, Stds []value
		Reference   float64
		Nan         int
		Want        map[string][][]value
	}
	Pictures []struct {
		Shape        [3]int
		Images       [][]value
		Ddof0, Ddof1 []value
	}
}

func TestScalingsAgainstNumPy(t *testing.T) {
	var e scalingCases
	readDecoding(t, "scaling.json", &e)
	for i, c := range e.Cases {
		shape := nn.Shape{C: c.Shape[0], H: c.Shape[1], W: c.Shape[2]}
		ref, err := ReferenceOf(map[string][]float64{"layer": as[float64](c.Stds)})
		if err != nil || math.Abs(ref["layer"]/c.Reference-1) > 1e-14 {
			t.Errorf("case %d: reference %v, %v, want %g", i, ref, err, c.Reference)
		}
		for _, k := range Scalings() {
			samples := make([][]float32, len(c.Samples))
			for s := range samples {
				samples[s] = as[float32](c.Samples[s])
			}
			replaced, err := k.Apply(samples, shape, ref["layer"], as[float32](c.Train))
			want, ok := c.Want[k.String()]
			if !ok {
				if err == nil || !strings.Contains(err.Error(), "NaN") {
					t.Errorf("case %d, %v: %v, want an error about NaN", i, k, err)
				}
				continue
			}
			if err != nil || replaced != c.Nan {
				t.Errorf("case %d, %v: %d units replaced, want %d: %v", i, k, replaced, c.Nan, err)
				continue
			}
			for s := range want {
				for u, w := range want[s] {
					if d := math.Abs(float64(samples[s][u]) - float64(w)); !(d <= 6e-8*math.Abs(float64(w))) {
						t.Errorf("case %d, %v, sample %d, unit %d: %g, want %g", i, k, s, u, samples[s][u], w)
					}
				}
			}
		}
	}
	for i, c := range e.Pictures {
		shape := nn.Shape{C: c.Shape[0], H: c.Shape[1], W: c.Shape[2]}
		var s Spreads
		for _, f := range c.Images {
			if err := s.Add("layer", as[float32](f), shape); err != nil {
				t.Fatal(err)
			}
		}
		for ddof, want := range [][]value{c.Ddof0, c.Ddof1} {
			got := s.ChannelStd(ddof)["layer"]
			if len(got) != len(want) {
				t.Fatalf("pictures %d: %d channels, want %d", i, len(got), len(want))
			}
			for ch, w := range want {
				if math.Abs(got[ch]/float64(w)-1) > 1e-13 {
					t.Errorf("pictures %d, ddof %d, channel %d: %.17g, want %.17g", i, ddof, ch, got[ch], float64(w))
				}
			}
		}
		whole, err := ReferenceOf(s.ChannelStd(0))
		if err != nil || math.Abs(whole["layer"]/s.Reference()["layer"]-1) > 1e-13 {
			t.Errorf("pictures %d: %v and %v, %v", i, whole, s.Reference(), err)
		}
		if err := s.Add("layer", make([]float32, 6), nn.Shape{C: 1, H: 2, W: 3}); err == nil || !strings.Contains(err.Error(), "before they were") {
			t.Errorf("another shape: %v", err)
		}
	}
	var one Spreads
	if err := one.Add("fc", []float32{3}, nn.Shape{C: 1, H: 1, W: 1}); err != nil || !math.IsNaN(one.ChannelStd(1)["fc"][0]) {
		t.Errorf("a layer of one unit: %v, %v", one.ChannelStd(1), err)
	}
}

func TestScalingNames(t *testing.T) {
	for _, k := range Scalings() {
		got, err := ParseScaling(k.String())
		text, terr := json.Marshal(k)
		var back Scaling
		if err != nil || got != k || terr != nil || json.Unmarshal(text, &back) != nil || back != k {
			t.Errorf("%v is read as %v and %v: %v, %v", k, got, back, err, terr)
		}
	}
	for name, want := range map[string]Scaling{"": Unscaled, "none": Unscaled, "~": Unscaled, "feature_std": LayerMeanCenter} {
		if got, err := ParseScaling(name); err != nil || got != want {
			t.Errorf("%q: %v, %v", name, got, err)
		}
	}
	if _, err := ParseScaling("feature_std_"); err == nil || !strings.Contains(err.Error(), "feature_std_train_mean_center") {
		t.Errorf("unknown name: %v", err)
	}
	if _, err := json.Marshal(Scaling(9)); err == nil || Scaling(9).String() != "scaling 9" {
		t.Errorf("scaling 9: %v", err)
	}
	if Scripts2019.DDof() != 0 || ShenOriginal.DDof() != 1 || Unscaled.NeedsReference() || !TrainMeanCenter.NeedsTrainMean() {
		t.Error("needs")
	}
}

func TestScalingRefuses(t *testing.T) {
	shape, fc := nn.Shape{C: 2, H: 1, W: 2}, nn.Shape{C: 4, H: 1, W: 1}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	good, mean := []float32{1, 2, 3, 5}, []float32{0, 0, 0, 0}
	for _, c := range []struct {
		kind   Scaling
		values []float32
		shape  nn.Shape
		ref    float64
		mean   []float32
		want   string
	}{
		{Scaling(9), good, shape, 1, mean, "unknown feature scaling 9"},
		{Unscaled, nil, nn.Shape{}, 1, nil, "layer of 0×0×0"},
		{ShenOriginal, good, shape, math.Inf(1), nil, "reference spread is +Inf"},
		{ShenOriginal, good, shape, 0, nil, "reference spread is 0"},
		{TrainMeanCenter, good, shape, 1, nil, "needs the training means"},
		{TrainMeanCenter, good, shape, 1, mean[:3], "3 training means"},
		{TrainMeanCenter, good, shape, 1, []float32{0, nan, 0, 0}, "training mean of unit 1 is NaN"},
		{TrainMeanCenter, []float32{1, 2, 3, 5}, shape, 1, []float32{0, 1, 2, 4}, "constant"},
		{LayerMeanCenter, []float32{1, 2, inf, 5}, shape, 1, nil, "unit 2 is +Inf"},
		{Unscaled, []float32{1, 2, inf, 5}, shape, 1, nil, "unit 2 is +Inf"},
		{Unscaled, []float32{1, nan, 3, 5}, shape, 1, nil, "1 decoded features are NaN"},
		{ShenOriginal, []float32{1, nan, 3, nan}, shape, 1, mean, "constant or NaN"},
		{ShenOriginal, []float32{nan, nan, 3, nan}, fc, 1, mean, "constant or NaN"},
		{LayerMeanCenter, []float32{nan, nan, nan, nan}, fc, 1, mean, "constant or NaN"},
		{ShenOriginal, []float32{1, 1, 2, 2}, shape, 1, nil, "constant or NaN"},
		{ShenOriginal, good[:3], shape, 1, nil, "3 decoded features"},
		{ShenOriginal, []float32{1e-38, 2e-38, 3, 3}, shape, 1e300, nil, "single precision"},
		{ShenOriginal, []float32{10, 11, 10, 11}, shape, 5e37, nil, "unit 0 would pass single precision"},
	} {
		first := slices.Clone(good)
		if c.shape.Len() == 0 {
			first = nil
		}
		if _, err := c.kind.Apply([][]float32{first, slices.Clone(c.values)}, c.shape, c.ref, c.mean); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v of %v: %v, want an error with %q", c.kind, c.values, err, c.want)
		}
		if first != nil && !slices.Equal(first, good) {
			t.Errorf("%v of %v: the first sample was changed to %v", c.kind, c.values, first)
		}
	}
	if n, err := TrainMeanCenter.Apply(nil, shape, 1, mean); n != 0 || err != nil {
		t.Errorf("no samples: %d, %v", n, err)
	}
	for want, v := range map[string][]float64{"channel 1": {1, math.Inf(1)}, "channel 0": {-1, 2}, "0 channels": {math.NaN()}, "is 0 over": {0, 0}} {
		if _, err := ReferenceOf(map[string][]float64{"conv1_1": v}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("statistics %v: %v, want an error with %q", v, err, want)
		}
	}
}
