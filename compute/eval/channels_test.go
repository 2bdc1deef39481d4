package eval

import (
	"math"
	"testing"
)

func TestGainAgainstNumPy(t *testing.T) {
	g := loadDecoding(t).Gain
	contrast, err := LuminanceContrast(row[float32](g.Weights), g.Filters)
	if err != nil {
		t.Fatal(err)
	}
	for f, w := range g.Contrast {
		if math.Abs(contrast[f]/float64(w)-1) > 1e-13 {
			t.Errorf("contrast of filter %d: %.17g, want %.17g", f, contrast[f], float64(w))
		}
	}
	channels := func(r []number, want []number) []Channel {
		c, err := ByChannel(row[float64](r), g.Filters)
		if err != nil {
			t.Fatal(err)
		}
		var means []float64
		for _, x := range c {
			means = append(means, x.Mean)
		}
		same(t, "filter", means, want)
		return c
	}
	signed, absolute := channels(g.Signed, g.SignedMean), channels(g.Absolute, g.AbsoluteMean)
	if signed[3].Left != 1 || signed[3].Units != 19 || signed[6].Units != 0 {
		t.Errorf("%+v, %+v", signed[3], signed[6])
	}
	got, err := GainOfAbsolute(signed, absolute, contrast, 0.95)
	if err != nil || got.Left != 1 || len(got.Filters) != g.Filters-1 || got.Correlation == nil || got.Correlation.N != g.Filters-1 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, f := range got.Filters {
		if math.Abs(f.Gain-float64(g.Gain[f.Filter])) > 1e-14 || f.Filter == 6 {
			t.Errorf("%+v, want %g", f, float64(g.Gain[f.Filter]))
		}
	}
	for k, x := range []float64{got.Correlation.Mean, got.Correlation.Lower, got.Correlation.Upper} {
		if math.Abs(x-g.Correlation[k]) > 1e-12 {
			t.Errorf("correlation %.17g, want %.17g", x, g.Correlation[k])
		}
	}
}

// Kernels whose contrast can be told by hand.
func TestLuminanceContrastByHand(t *testing.T) {
	colour := func(k [3]float32, place func(x int) float32) (w []float32) {
		for _, c := range k {
			for p := range 9 {
				w = append(w, c*place(p%3))
			}
		}
		return w
	}
	edge := func(x int) float32 { return float32(x - 1) } // −1 0 1: standard deviation √(2/3)
	flat := func(int) float32 { return 3 }
	var w []float32
	w = append(w, colour([3]float32{1, 1, 1}, edge)...)          // grey edge
	w = append(w, colour([3]float32{2, 2, 2}, flat)...)          // mean brightness
	w = append(w, colour([3]float32{0, 2, 0}, edge)...)          // green edge
	w = append(w, colour([3]float32{0, -0.299, 0.587}, edge)...) // red against green of equal luminance
	w = append(w, colour([3]float32{-1, -1, -1}, edge)...)       // the first reversed
	got, err := LuminanceContrast(w, 5)
	sd := math.Sqrt(2.0 / 3)
	for f, want := range []float64{sd, 0, 2 * 0.587 * sd, 0, sd} {
		if err != nil || math.Abs(got[f]-want) > 1e-7 {
			t.Errorf("filter %d: %g, want %g; %v", f, got[f], want, err)
		}
	}
	// Accuracies that rise with the contrast, and too few filters for an interval.
	gain, err := GainOfAbsolute([]Channel{{Mean: 0.5}, {Mean: 0.5}, {Mean: 0.5}, {Mean: 0.5}, {Mean: 0.5}},
		[]Channel{{Mean: 0.75}, {Mean: 0.5}, {Mean: 0.5 + 0.25*got[2]/sd}, {Mean: 0.5}, {Mean: 0.75}}, got, 0.95)
	if err != nil || gain.Correlation == nil || gain.Correlation.Mean < 1-1e-12 {
		t.Errorf("%+v, %v", gain, err)
	}
	gain, err = GainOfAbsolute(make([]Channel, 3), make([]Channel, 3), got[:3], 0.95)
	if err != nil || gain.Correlation != nil || len(gain.Filters) != 3 {
		t.Errorf("%+v, %v", gain, err)
	}
}
