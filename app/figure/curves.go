package figure

import (
	"fmt"
	"image/color"
	"math"
	"sync"

	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
)

// hues are Okabe and Ito's, told apart by colour-blind eyes too.
var hues = [Coloured]color.NRGBA{
	{0x00, 0x72, 0xb2, 0xff}, {0xd5, 0x5e, 0x00, 0xff}, {0x00, 0x9e, 0x73, 0xff}, {0xcc, 0x79, 0xa7, 0xff},
	{0xe6, 0x9f, 0x00, 0xff}, {0x56, 0xb4, 0xe9, 0xff}, {0x22, 0x25, 0x29, 0xff}, {0xb8, 0xa9, 0x00, 0xff},
}

var grey = color.NRGBA{0x80, 0x80, 0x80, 0xa0}

func newPlot(y string) *plot.Plot {
	p := plot.New()
	p.Y.Label.Text = y
	for _, f := range []*font.Font{&p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font, &p.X.Tick.Label.Font, &p.Y.Tick.Label.Font, &p.Legend.TextStyle.Font} {
		f.Typeface, f.Variant, f.Size = typeface, "", vg.Points(10)
	}
	p.Legend.ThumbnailWidth, p.Legend.Top, p.Legend.Left = vg.Points(28), true, true
	p.Legend.Padding = vg.Points(2)
	return p
}

// scale makes y logarithmic with room around the points; factor is how much.
// A logarithm needs positive values: those of 0 are not drawn.
func scale(p *plot.Plot, points []Point, factor float64, label func(float64) string) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, q := range points {
		if q.Value > 0 && !math.IsInf(q.Value, 0) {
			low, high = min(low, q.Value), max(high, q.Value)
		}
	}
	if low > high {
		low, high = 0.1, 1
	}
	p.Y.Min, p.Y.Max = low/1.2/factor, high*1.2*factor
	p.X.Min = 0
	p.Y.Scale = plot.LogScale{}
	p.Y.Tick.Marker = decades(label)
}

// decades marks the powers of ten, and names so many of them as there is room for.
type decades func(float64) string

// Ticks implements plot.Ticker.
func (name decades) Ticks(low, high float64) (out []plot.Tick) {
	first, last := int(math.Ceil(math.Log10(low))), int(math.Floor(math.Log10(high)))
	every := 1 + (last-first)/6
	for k := first - 1; k <= last; k++ {
		power := math.Pow10(k)
		for m := 1.0; m < 10; m++ {
			v := m * power
			if v < low || v > high {
				continue
			}
			t := plot.Tick{Value: v}
			switch {
			case m == 1 && (last-k)%every == 0, first == last && (m == 2 || m == 5), first > last:
				t.Label = name(v)
			case m > 1 && every > 1:
				continue
			}
			out = append(out, t)
		}
	}
	return out
}

// line draws the positive points of a curve in the style of sample i.
func line(points []Point, i int) (*plotter.Line, error) {
	var xy plotter.XYs
	for _, q := range points {
		if q.Value > 0 && !math.IsInf(q.Value, 0) {
			xy = append(xy, plotter.XY{X: float64(q.Iteration), Y: q.Value})
		}
	}
	if len(xy) == 0 {
		return &plotter.Line{LineStyle: style(i)}, nil // no curve, though a place in the legend
	}
	l, err := plotter.NewLine(xy)
	if err != nil {
		return nil, fmt.Errorf("figure: curve of sample %d: %w", i, err)
	}
	l.LineStyle = style(i)
	return l, nil
}

// shorten keeps the end of a label that is too long for the legend.
func shorten(label string) string {
	const most = 28
	r := []rune(label)
	if len(r) <= most {
		return label
	}
	return "…" + string(r[len(r)-most+1:])
}

func style(i int) vgdraw.LineStyle {
	if i >= Coloured {
		return vgdraw.LineStyle{Color: grey, Width: vg.Points(0.5)}
	}
	return vgdraw.LineStyle{Color: hues[i], Width: vg.Points(1.2)}
}

// darker tells a dashed curve from the solid one below it.
func darker(c color.Color) color.Color {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return color.NRGBA{n.R / 2, n.G / 2, n.B / 2, n.A}
}

// typeface is the letters of all our figures, under the name that plots know them by.
const typeface = "Go"

var plotFont = sync.OnceValue(func() error {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return fmt.Errorf("figure: letters: %w", err)
	}
	font.DefaultCache.Add(font.Collection{{Font: font.Font{Typeface: typeface}, Face: f}})
	return nil
})
