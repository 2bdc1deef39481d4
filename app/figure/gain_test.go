package figure

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"
)

func TestGain(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	g := Gain{Title: "conv1_1: decoders of features and of their absolute values", Notes: []string{"A note."}}
	for k, name := range []string{"V1, 64 filters, r = 0.61 [0.43, 0.74]", "V4, 64 filters, r = 0.31 [0.07, 0.52]"} {
		s := GainSeries{Series: NewSeries(name, k)}
		for range 64 {
			contrast := 0.3 * r.Float64()
			signed := 0.3 + 0.05*r.NormFloat64() - 0.1*float64(k)
			s.Filters = append(s.Filters, GainPoint{contrast, signed, signed + 0.4*(contrast-0.1) + 0.02*r.NormFloat64()})
		}
		g.Series = append(g.Series, s)
	}
	img, err := g.Draw()
	if err != nil {
		t.Fatal(err)
	}
	keep(t, img)
	above := margin + titleHeight + legendHeight
	if w, h := img.Bounds().Dx(), img.Bounds().Dy(); w != 1400 || h != above+gainHeight+noteHeight+margin {
		t.Errorf("%d × %d", w, h)
	}
	for _, part := range []image.Rectangle{image.Rect(60, above, 740, above+gainHeight), image.Rect(800, above, 1400, above+gainHeight)} {
		if n := inked(img, part); n < 4000 {
			t.Errorf("%v has %d pixels that are not white", part, n)
		}
	}
	// One filter, and none.
	one := Gain{Series: []GainSeries{{Series: NewSeries("V1", 0), Filters: []GainPoint{{0, 0.2, 0.2}}}}}
	if _, err := one.Draw(); err != nil {
		t.Error(err)
	}
	one.Series[0].Filters = nil
	if _, err := one.Draw(); err == nil {
		t.Error("a figure of no filters")
	}
	if w := g.widest(); math.Abs(w-0.3) > 0.02 {
		t.Errorf("widest %g", w)
	}
}
