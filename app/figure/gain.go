package figure

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
)

// Gain shows, as Supplementary Fig. 11 of the paper, what filters gain when
// decoders learn their absolute values: the gain against the filters' luminance
// contrast, and the accuracy of absolute against that of signed features.
type Gain struct {
	Title  string
	Series []GainSeries
	Notes  []string // below; long ones are wrapped
}

// GainSeries are the filters as one ROI decodes them. Its name tells the correlation, too.
type GainSeries struct {
	Series
	Filters []GainPoint
}

// GainPoint is one filter.
type GainPoint struct{ Contrast, Signed, Absolute float64 }

const (
	gainWidth, gainHeight = 1400, 600
	gainRight             = 610 // of the second panel, which is nearly square
)

// Draw renders the figure on white.
func (g Gain) Draw() (*image.NRGBA, error) {
	var names []Series
	low, high, least, most := math.Inf(1), math.Inf(-1), 0.0, 0.0
	for _, s := range g.Series {
		names = append(names, s.Series)
		for _, f := range s.Filters {
			low, high = min(low, f.Signed, f.Absolute), max(high, f.Signed, f.Absolute)
			least, most = min(least, f.Absolute-f.Signed), max(most, f.Absolute-f.Signed)
		}
	}
	if low > high {
		return nil, fmt.Errorf("figure: gain of no filters")
	}
	s, err := newSheet(gainWidth, g.Title, names, g.Notes)
	if err != nil {
		return nil, err
	}
	gain, both := newPlot("gain: correlation of |feature| − of feature"), newPlot("correlation, decoders of |feature|")
	gain.X.Label.Text = "luminance contrast of the filter (feature per grey level)"
	both.X.Label.Text = "correlation, decoders of the feature"
	room := max(0.05*(most-least), 1e-3)
	lines(gain, least-room, most+room, 0, g.widest()*1.04)
	gain.X.Min, gain.X.Max, gain.Y.Min, gain.Y.Max = 0, g.widest()*1.04, least-room, most+room
	room = max(0.05*(high-low), 1e-3)
	low, high = low-room, high+room
	lines(both, low, high, low, high)
	equal := plotter.Line{XYs: plotter.XYs{{X: low, Y: low}, {X: high, Y: high}}, LineStyle: zeroLine}
	equal.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
	both.Add(&equal)
	both.X.Min, both.X.Max, both.Y.Min, both.Y.Max = low, high, low, high
	for _, p := range []*plot.Plot{gain, both} {
		p.X.Tick.Marker, p.Y.Tick.Marker, p.X.Padding, p.Y.Padding = tenths{}, tenths{}, 0, 0
		p.X.Label.Padding, p.Y.Label.Padding = vg.Points(3), vg.Points(4)
	}
	for _, series := range g.Series {
		var left, right plotter.XYs
		for _, f := range series.Filters {
			left = append(left, plotter.XY{X: f.Contrast, Y: f.Absolute - f.Signed})
			right = append(right, plotter.XY{X: f.Signed, Y: f.Absolute})
		}
		if err := scatter(gain, left, series.Series); err != nil {
			return nil, err
		}
		if err := scatter(both, right, series.Series); err != nil {
			return nil, err
		}
	}
	s.begin(gainHeight)
	c := vgdraw.Crop(s.body(), pixels(margin), -pixels(margin), pixels(gap), -pixels(gap))
	gain.Draw(vgdraw.Crop(c, 0, -pixels(gainRight+2*gap), 0, 0))
	both.Draw(vgdraw.Crop(c, c.Max.X-c.Min.X-pixels(gainRight), 0, 0, 0))
	return s.finish(), nil
}

// widest is the largest contrast, or 1 where there is none.
func (g Gain) widest() (most float64) {
	for _, s := range g.Series {
		for _, f := range s.Filters {
			most = max(most, f.Contrast)
		}
	}
	if most == 0 {
		return 1
	}
	return most
}

func scatter(p *plot.Plot, xy plotter.XYs, s Series) error {
	if len(xy) == 0 {
		return nil
	}
	m, err := plotter.NewScatter(xy)
	if err != nil {
		return fmt.Errorf("figure: filters: %w", err)
	}
	m.GlyphStyle = s.glyph()
	m.GlyphStyle.Radius = vg.Points(3.5)
	c := s.colour()
	m.GlyphStyle.Color = color.NRGBA{c.R, c.G, c.B, 0xd0}
	p.Add(m)
	return nil
}
