package widget

import (
	"image"
	"math"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"reverie/app/session"
	"reverie/ui/theme"
	"reverie/ui/vm"
)

// opaque counts the colours of opaque pixels that a drawing paints.
func opaque(s *sketch, w, h int) int {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	s.paint(m, 1)
	seen := map[[3]uint8]bool{}
	for i := 0; i < len(m.Pix); i += 4 {
		if m.Pix[i+3] == 255 {
			seen[[3]uint8(m.Pix[i:i+3])] = true
		}
	}
	return len(seen)
}

// shown are the texts that a drawing shows.
func shown(w fyne.Widget) []string {
	var out []string
	for _, t := range test.WidgetRenderer(w).(*sketchRenderer).texts {
		if !t.Hidden {
			out = append(out, t.Text)
		}
	}
	return out
}

func series(n int) []vm.Series {
	var out []vm.Series
	for i, name := range []string{"V1", "VC"} {
		s := vm.Series{Name: name}
		for l := range n {
			s.Points = append(s.Points, vm.SeriesPoint{Layer: 2 * l, Mean: 0.3 - 0.1*float64(i), Low: 0.25, High: 0.35})
		}
		out = append(out, s)
	}
	return out
}

func TestAccuracyChart(t *testing.T) {
	for _, mode := range []theme.Mode{theme.Light, theme.Dark} {
		test.NewTempApp(t).Settings().SetTheme(theme.Theme{Mode: mode})
		c := NewAccuracyChart("nothing yet")
		c.Resize(fyne.NewSize(600, 200))
		r := test.WidgetRenderer(c)
		if !slices.Equal(shown(c), []string{"nothing yet"}) || opaque(&c.sketch, 600, 200) != 0 {
			t.Errorf("empty: %v", shown(c))
		}
		layers := []string{"conv1_1", "conv1_2", "conv2_1", "fc6", "fc7", "fc8"}
		c.Set(layers, series(3))
		before := slices.Clone(r.Objects())
		if c.Points() != 6 || opaque(&c.sketch, 600, 200) < 4 {
			t.Errorf("%d points, %d colours", c.Points(), opaque(&c.sketch, 600, 200))
		}
		for _, want := range []string{"V1", "VC", "conv1_1", "fc8", "0.3", "0"} {
			if !slices.Contains(shown(c), want) {
				t.Errorf("%q is not in %v", want, shown(c))
			}
		}
		c.Set(layers, series(3)) // new objects in each frame would be drawn without end
		r.Layout(fyne.NewSize(600, 200))
		if !slices.Equal(before, r.Objects()) {
			t.Error("a refresh makes new objects")
		}
		nan := math.NaN()
		c.Set(layers, []vm.Series{{Name: "odd", Points: []vm.SeriesPoint{{Mean: nan, Low: nan, High: nan}, {Layer: 1, Mean: math.Inf(1)}, {Layer: 2, Mean: -0.9, Low: -1, High: 1}}}})
		opaque(&c.sketch, 600, 200)
		c.Resize(fyne.NewSize(5, 5))
		opaque(&c.sketch, 5, 5)
	}
}

func TestHistograms(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(theme.Theme{Mode: theme.Dark})
	h := NewAccuracyHistograms()
	h.Resize(fyne.NewSize(500, 120))
	if opaque(&h.sketch, 500, 120) != 0 {
		t.Error("an empty one is not empty")
	}
	nan := math.NaN()
	h.Set([]session.Accuracy{{Condition: "Imagery", Units: 9, Mean: 0.2, Low: 0.1, High: 0.3, Histogram: slices.Repeat([]int{3}, 40)}, {Condition: "x", Mean: nan}}, []float32{0.5, float32(nan)})
	if got := shown(h); !slices.Contains(got, "Imagery") || !slices.Contains(got, "mean 0.200 [0.100, 0.300]") || !slices.Contains(got, "mean of no unit") {
		t.Errorf("%q", got)
	}
	if opaque(&h.sketch, 500, 120) < 3 {
		t.Error("not drawn")
	}
	w := NewWeightHistogram()
	w.Resize(fyne.NewSize(200, 100))
	w.Set([]float32{-0.5, 0.1, 0.1})
	if got := shown(w); !slices.Equal(got, []string{"−0.5", "0", "0.5"}) || opaque(&w.sketch, 200, 100) < 2 {
		t.Errorf("%q", got)
	}
	w.Set(nil)
	if len(shown(w)) != 0 || opaque(&w.sketch, 200, 100) != 0 {
		t.Error("weights that are gone")
	}
}

func TestVoxelMap(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(theme.Theme{Mode: theme.Light})
	m := NewVoxelMap()
	m.Resize(fyne.NewSize(600, 300))
	if len(shown(m)) != 0 || opaque(&m.sketch, 600, 300) != 0 {
		t.Error("an empty map is not empty")
	}
	m.SetRegion(3, []float32{0, 0, 0, 3, 0, 0, 0, 3, 3})
	m.SetWeights([]uint32{1}, []float32{-0.25})
	got := shown(m)
	if !m.Placed() || !slices.Contains(got, "Sagittal") || !slices.Contains(got, "Axial") || !slices.Contains(got, "−0.25") {
		t.Errorf("%q", got)
	}
	if opaque(&m.sketch, 600, 300) < 3 {
		t.Error("not drawn")
	}
	m.SetRegion(3, nil)
	if m.Placed() || !slices.Contains(shown(m), "By number: the places of these voxels are not known") || opaque(&m.sketch, 600, 300) == 0 {
		t.Errorf("no grid: %q", shown(m))
	}
}
