package decode

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"reverie/compute/nn"
)

func TestNormAgainstNumPy(t *testing.T) {
	var cases []struct {
		Shape             [3]int
		Images            [][]float32
		Decoded           []float32
		Spread, Reference float64
		Corrected         []float64
	}
	load(t, "norm.json", &cases)
	var sums Spreads
	for i, c := range cases {
		shape := nn.Shape{C: c.Shape[0], H: c.Shape[1], W: c.Shape[2]}
		if s := Spread(c.Decoded, shape); math.Abs(s/c.Spread-1) > 1e-12 {
			t.Errorf("spread of %v is %.17g, want %.17g", shape, s, c.Spread)
		}
		for _, f := range c.Images {
			if err := sums.Add(strconv.Itoa(i), f, shape); err != nil {
				t.Fatal(err)
			}
		}
		ref := sums.Reference()[strconv.Itoa(i)]
		if math.Abs(ref/c.Reference-1) > 1e-12 {
			t.Errorf("reference of %v is %.17g, want %.17g", shape, ref, c.Reference)
		}
		if err := Correct(c.Decoded, shape, ref); err != nil {
			t.Fatal(err)
		}
		if e := worst(t, flat([][]float32{c.Decoded}), c.Corrected); !(e < 2e-7) {
			t.Errorf("corrected %v: %.2g from NumPy", shape, e)
		}
	}
}

func TestNormRefuses(t *testing.T) {
	shape := nn.Shape{C: 1, H: 2, W: 2}
	nan := float32(math.NaN())
	for _, c := range []struct {
		values []float32
		ref    float64
		want   string
	}{
		{[]float32{2, 2, 2, 2}, 1, "constant"},
		{[]float32{1, nan, 2, 3}, 1, "NaN"},
		{[]float32{1, 2, 3}, 1, "3 decoded features"},
		{[]float32{1, 2, 3, 4}, 0, "reference"},
		{[]float32{1, 2, 3, 4}, math.NaN(), "reference"},
	} {
		if err := Correct(c.values, shape, c.ref); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want an error with %q", c.values, err, c.want)
		}
	}
	var s Spreads
	if s.Add("fc8", []float32{1, nan, 2, 3}, shape) == nil || s.Add("fc8", []float32{1}, shape) == nil {
		t.Error("bad features went into the reference")
	}
}
