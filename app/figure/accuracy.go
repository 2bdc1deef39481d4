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

// Accuracy is feature decoding accuracy by layer, as Supplementary Fig. 1 of the
// paper: a panel for each condition, all on one scale, with a mean and its
// interval for each layer and series.
type Accuracy struct {
	Title  string
	Layers []string // from left to right
	Series []Series
	Panels []AccuracyPanel
	Notes  []string // below; long ones are wrapped
}

// AccuracyPanel is one condition.
type AccuracyPanel struct {
	Title  string
	Values [][]Estimate // [series][layer]
}

// Estimate is a mean with its interval; a mean of NaN is not drawn, and bounds of NaN are no interval.
type Estimate struct{ Mean, Low, High float64 }

// None is the estimate where there is none.
var None = Estimate{math.NaN(), math.NaN(), math.NaN()}

const (
	accuracyWidth, accuracyPanelHeight = 1400, 360
	slotSpread                         = 0.6 // of a layer's place, over which its series are spread
	// uprightCentre puts the middle of upright letters on a tick: half of the line's height lies right of it.
	uprightCentre = vgdraw.YAlignment(-0.3)
)

// layout is the number of panels beside each other, and their height. Many series of many layers have wider panels.
func (g Accuracy) layout() (columns, height int) {
	const crowded = 80 // marks
	switch n := len(g.Panels); {
	case n <= 2:
		return n, accuracyPanelHeight + 80
	case n == 4 || len(g.Series)*len(g.Layers) > crowded:
		return 2, accuracyPanelHeight
	}
	return 3, accuracyPanelHeight
}

// Draw renders the figure on white.
func (g Accuracy) Draw() (*image.NRGBA, error) {
	if len(g.Layers) == 0 || len(g.Panels) == 0 {
		return nil, fmt.Errorf("figure: accuracy of %d layers in %d panels", len(g.Layers), len(g.Panels))
	}
	s, err := newSheet(accuracyWidth, g.Title, g.Series, g.Notes)
	if err != nil {
		return nil, err
	}
	low, high := g.limits()
	n, height := g.layout()
	rows := (len(g.Panels) + n - 1) / n
	// Names of layers lie flat where they fit.
	flat := (accuracyWidth/n-90)/len(g.Layers) > s.widest(g.Layers)+gap
	grid := make([][]*plot.Plot, rows)
	for i := range grid {
		grid[i] = make([]*plot.Plot, n)
	}
	for i, panel := range g.Panels {
		y := ""
		if i%n == 0 {
			y = "correlation, mean over units"
		}
		p, err := g.panel(panel, y, low, high, flat)
		if err != nil {
			return nil, err
		}
		grid[i/n][i%n] = p
	}
	s.begin(rows * height)
	tiles := vgdraw.Tiles{Rows: rows, Cols: n, PadLeft: pixels(margin), PadRight: pixels(margin), PadTop: pixels(gap), PadBottom: pixels(gap), PadX: pixels(2 * gap), PadY: pixels(2 * gap)}
	for i, row := range plot.Align(grid, tiles, s.body()) {
		for j, c := range row {
			if grid[i][j] != nil {
				grid[i][j].Draw(c)
			}
		}
	}
	return s.finish(), nil
}

// limits of y hold every interval and 0.
func (g Accuracy) limits() (low, high float64) {
	high = 0.1
	for _, p := range g.Panels {
		for _, row := range p.Values {
			for _, v := range row {
				for _, x := range []float64{v.Mean, v.Low, v.High} {
					if x-x == 0 {
						low, high = min(low, x), max(high, x)
					}
				}
			}
		}
	}
	room := 0.05 * (high - low)
	if low < 0 {
		low -= room
	}
	return low, high + room
}

func (g Accuracy) panel(panel AccuracyPanel, yLabel string, low, high float64, flat bool) (*plot.Plot, error) {
	p := newPlot(yLabel)
	p.Title.Text = panel.Title
	p.Title.TextStyle.Font = p.X.Label.TextStyle.Font
	p.Title.TextStyle.Font.Size, p.Title.Padding = vg.Points(11.5), pixels(gap)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -0.6, float64(len(g.Layers))-0.4, low, high
	p.X.Padding, p.Y.Padding, p.Y.Label.Padding = 0, 0, vg.Points(4)
	p.Y.Tick.Marker = tenths{}
	names := make(plot.ConstantTicks, len(g.Layers))
	for i, l := range g.Layers {
		names[i] = plot.Tick{Value: float64(i), Label: shorten(l)}
	}
	p.X.Tick.Marker = names
	if !flat {
		p.X.Tick.Label.Rotation = math.Pi / 2
		p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = vgdraw.XRight, uprightCentre
	}
	lines(p, low, high, p.X.Min, p.X.Max)
	step := min(0.12, slotSpread/float64(max(1, len(g.Series))))
	for k, s := range g.Series {
		at := step * (float64(k) - float64(len(g.Series)-1)/2)
		if err := addSeries(p, panel.Values[k], at, s); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// addSeries draws means with intervals; a thin line joins neighbouring layers.
func addSeries(p *plot.Plot, values []Estimate, offset float64, s Series) error {
	var run, marks plotter.XYs
	var joined []plotter.XYs
	for i, v := range values {
		if v.Mean-v.Mean != 0 {
			if len(run) > 1 {
				joined = append(joined, run)
			}
			run = nil
			continue
		}
		at := plotter.XY{X: float64(i) + offset, Y: v.Mean}
		run, marks = append(run, at), append(marks, at)
		if v.Low-v.Low == 0 && v.High-v.High == 0 {
			bar, err := plotter.NewLine(plotter.XYs{{X: at.X, Y: v.Low}, {X: at.X, Y: v.High}})
			if err != nil {
				return fmt.Errorf("figure: interval: %w", err)
			}
			bar.LineStyle = vgdraw.LineStyle{Color: s.colour(), Width: vg.Points(1.5)}
			p.Add(bar)
		}
	}
	if len(run) > 1 {
		joined = append(joined, run)
	}
	for _, xy := range joined {
		l, err := plotter.NewLine(xy)
		if err != nil {
			return fmt.Errorf("figure: means: %w", err)
		}
		c := s.colour()
		c.A = 0x70
		l.LineStyle = vgdraw.LineStyle{Color: c, Width: vg.Points(0.8)}
		p.Add(l)
	}
	if len(marks) == 0 {
		return nil
	}
	m, err := plotter.NewScatter(marks)
	if err != nil {
		return fmt.Errorf("figure: means: %w", err)
	}
	m.GlyphStyle = s.glyph()
	p.Add(m)
	return nil
}

// lines draws the grid behind the values and the line at 0.
func lines(p *plot.Plot, low, high, from, to float64) {
	for _, t := range (tenths{}).Ticks(low, high) {
		if t.Label == "" {
			continue
		}
		l := plotter.Line{XYs: plotter.XYs{{X: from, Y: t.Value}, {X: to, Y: t.Value}}}
		l.LineStyle = vgdraw.LineStyle{Color: color.NRGBA{0xe4, 0xe6, 0xe8, 0xff}, Width: vg.Points(0.6)}
		if t.Value == 0 {
			l.LineStyle = zeroLine
		}
		p.Add(&l)
	}
}

var zeroLine = vgdraw.LineStyle{Color: color.NRGBA{0x60, 0x64, 0x68, 0xff}, Width: vg.Points(1)}

// tenths marks round numbers, 0 among them, four to eight of them.
type tenths struct{}

// Ticks implements plot.Ticker.
func (tenths) Ticks(low, high float64) (out []plot.Tick) {
	step := math.Pow10(int(math.Floor(math.Log10((high - low) / 4))))
	for _, m := range []float64{1, 2, 5, 10} {
		if (high-low)/(m*step) <= 8 {
			step *= m
			break
		}
	}
	digits := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	for k := int(math.Ceil(low/step - 1e-9)); float64(k)*step <= high+1e-9*step; k++ {
		v := float64(k) * step
		out = append(out, plot.Tick{Value: v, Label: fmt.Sprintf("%.*f", digits, v)})
	}
	return out
}
