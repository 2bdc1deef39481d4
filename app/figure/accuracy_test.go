package figure

import (
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"testing"

	"reverie/app/export"
)

// keep writes a figure to the folder REVERIE_FIGURES names, to be looked at.
func keep(t *testing.T, img image.Image) {
	t.Helper()
	if dir := os.Getenv("REVERIE_FIGURES"); dir != "" {
		if err := export.PNG(filepath.Join(dir, t.Name()+".png"), img); err != nil {
			t.Fatal(err)
		}
	}
}

// inked counts the pixels of a part that are not white.
func inked(img *image.NRGBA, r image.Rectangle) (n int) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if c := img.NRGBAAt(x, y); c.R < 250 || c.G < 250 || c.B < 250 {
				n++
			}
		}
	}
	return n
}

// coloured counts the pixels of a hue.
func coloured(img *image.NRGBA, hue int) (n int) {
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if img.NRGBAAt(x, y) == hues[hue] {
				n++
			}
		}
	}
	return n
}

// vgg are the paper's layers.
func vgg() (out []string) {
	for block, n := range []int{2, 2, 4, 4, 4} {
		for k := range n {
			out = append(out, fmt.Sprintf("conv%d_%d", block+1, k+1))
		}
	}
	return append(out, "fc6", "fc7", "fc8")
}

func drawnAccuracy(series, panels int, layers []string) Accuracy {
	g := Accuracy{Title: "Feature decoding accuracy", Layers: layers, Notes: []string{"A note that is long enough to be broken into two lines, which it is when it goes on and on as this one does, beyond the width of the figure, with words at the end of which there is a line, and after that a few more of them that mean as little."}}
	for k := range series {
		g.Series = append(g.Series, NewSeries(fmt.Sprintf("ROI %d", k+1), k))
	}
	for p := range panels {
		panel := AccuracyPanel{Title: fmt.Sprintf("condition %d, 50 stimuli", p+1)}
		for k := range series {
			var row []Estimate
			for i := range layers {
				m := 0.4*math.Exp(-float64(k)/4)*math.Cos(float64(i+p)/9) - 0.02*float64(p)
				row = append(row, Estimate{m, m - 0.01 - 0.002*float64(i), m + 0.01 + 0.002*float64(i)})
			}
			row[min(2, len(row)-1)] = None
			panel.Values = append(panel.Values, row)
		}
		g.Panels = append(g.Panels, panel)
	}
	return g
}

func TestAccuracyPanels(t *testing.T) {
	for panels := 1; panels <= 7; panels++ {
		t.Run(fmt.Sprint(panels), func(t *testing.T) {
			img, err := drawnAccuracy(3, panels, vgg()).Draw()
			if err != nil {
				t.Fatal(err)
			}
			keep(t, img)
			cols := []int{1, 2, 3, 2, 3, 3, 3}[panels-1]
			rows := (panels + cols - 1) / cols
			above, height := margin+titleHeight+legendHeight, accuracyPanelHeight
			if panels < 3 {
				height += 80
			}
			if w, h := img.Bounds().Dx(), img.Bounds().Dy(); w != 1400 || h != above+rows*height+2*noteHeight+margin {
				t.Errorf("%d × %d for %d rows of panels", w, h, rows)
			}
			for i := range rows * cols {
				x, y := i%cols*1400/cols, above+i/cols*height
				n := inked(img, image.Rect(x+20, y+5, x+1400/cols-20, y+height-5))
				if i < panels && n < 5000 || i >= panels && n != 0 {
					t.Errorf("place %d of %d panels has %d pixels that are not white", i+1, panels, n)
				}
			}
			for hue := range Coloured {
				if n := coloured(img, hue); (n > 20) != (hue < 3) && hue != 6 { // the ink of letters is the seventh hue
					t.Errorf("%d pixels of colour %d", n, hue)
				}
			}
		})
	}
}

// What ten ROIs and many folds are asked for is legible, too: many series, few and long names.
func TestAccuracyCrowded(t *testing.T) {
	g := drawnAccuracy(10, 5, vgg())
	img, err := g.Draw()
	if err != nil {
		t.Fatal(err)
	}
	keep(t, img)
	if n, _ := g.layout(); n != 2 {
		t.Errorf("%d columns", n)
	}
	seen := map[[2]int]bool{}
	for i := range 56 {
		s := NewSeries("", i)
		if seen[[2]int{s.Hue, s.Mark}] {
			t.Fatalf("series %d looks as one before it", i)
		}
		seen[[2]int{s.Hue, s.Mark}] = true
	}
}

func TestAccuracyOfOneLayer(t *testing.T) {
	g := drawnAccuracy(2, 2, []string{"a layer with a name that is rather long/relu"})
	g.Panels[0].Values[0][0] = Estimate{-0.2, math.NaN(), math.NaN()}
	img, err := g.Draw()
	if err != nil {
		t.Fatal(err)
	}
	keep(t, img)
	if _, err := (Accuracy{}).Draw(); err == nil {
		t.Error("a figure of nothing")
	}
	low, high := g.limits()
	if !(low < -0.2 && low > -0.25) || high < 0.1 {
		t.Errorf("limits %g %g", low, high)
	}
}

func TestTenths(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		first     string
		n         int
	}{{0, 0.1, "0.00", 6}, {-0.07, 0.49, "0.0", 5}, {0, 1, "0.0", 6}, {0, 0.00207, "0.0000", 5}, {-0.28, 0.09, "-0.25", 7}, {0, 37, "0", 8}} {
		ticks := tenths{}.Ticks(c.low, c.high)
		if len(ticks) != c.n || ticks[0].Label != c.first {
			t.Errorf("%g to %g: %v", c.low, c.high, ticks)
		}
		zero := false
		for _, x := range ticks {
			zero = zero || x.Value == 0
			if x.Value < c.low-1e-9 || x.Value > c.high+1e-9 {
				t.Errorf("%g to %g: %v", c.low, c.high, x)
			}
		}
		if !zero {
			t.Errorf("%g to %g has no 0: %v", c.low, c.high, ticks)
		}
	}
}
