package widget

import (
	"image"
	"image/color"
	"math"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	ftheme "fyne.io/fyne/v2/theme"

	"reverie/ui/paint"
	"reverie/ui/theme"
	"reverie/ui/vm"
)

// AccuracyChart draws correlations by layer: a line with its name for each
// condition or region, the mean at each layer with a bar for its interval.
type AccuracyChart struct {
	sketch
	Empty  string // said while there is nothing to draw
	layers []string
	series []vm.Series

	names     float32 // width of the longest name
	low, high float64 // of the axis
	step      float64
}

// NewAccuracyChart makes an empty chart.
func NewAccuracyChart(empty string) *AccuracyChart {
	c := &AccuracyChart{Empty: empty}
	c.least = fyne.NewSize(260, 140)
	c.lay, c.paint = c.layOut, c.draw
	c.ExtendBaseWidget(c)
	return c
}

// Set draws series over layers.
func (c *AccuracyChart) Set(layers []string, series []vm.Series) {
	c.layers, c.series, c.names = layers, series, 0
	for _, s := range series {
		c.names = max(c.names, fyne.MeasureText(s.Name, ftheme.CurrentForWidget(c).Size(ftheme.SizeNameCaptionText), fyne.TextStyle{}).Width)
	}
	c.scale()
	c.Refresh()
}

// Points counts the points drawn.
func (c *AccuracyChart) Points() int {
	n := 0
	for _, s := range c.series {
		n += len(s.Points)
	}
	return n
}

const (
	accLeft           = 40
	accTop, accBottom = 8, 22
)

// scale spans 0 and all intervals with round ends.
func (c *AccuracyChart) scale() {
	c.low, c.high = 0, 0.1
	for _, s := range c.series {
		for _, p := range s.Points {
			for _, v := range []float64{p.Mean, p.Low, p.High} {
				if v-v == 0 {
					c.low, c.high = min(c.low, v), max(c.high, v)
				}
			}
		}
	}
	c.step = 0.02
	for _, s := range []float64{0.05, 0.1, 0.2, 0.5} {
		if (c.high-c.low)/c.step > 6 {
			c.step = s
		}
	}
	c.low = math.Floor(c.low/c.step+1e-9) * c.step
	c.high = math.Ceil(c.high/c.step-1e-9) * c.step
}

func (c *AccuracyChart) box(size fyne.Size) paint.Box {
	return paint.Box{X0: accLeft, Y0: accTop, X1: max(size.Width-c.names-26, accLeft+1), Y1: max(size.Height-accBottom, accTop+1)}
}

func (c *AccuracyChart) x(b paint.Box, layer int) float32 {
	return b.X0 + b.W()*(float32(layer)+0.5)/float32(max(len(c.layers), 1))
}

// aside is how far a series stands from the middle of its layer, so that
// intervals do not cover each other.
func (c *AccuracyChart) aside(b paint.Box, series int) float32 {
	n := float32(len(c.series))
	step := min(5, 0.5*b.W()/float32(max(len(c.layers), 1))/n)
	return step * (float32(series) - (n-1)/2)
}

// seriesColours are the palette's colours in an order that keeps alike ones apart.
func seriesColours() []color.NRGBA {
	groups := groupColours()
	var out []color.NRGBA
	for _, i := range []int{4, 5, 2, 6, 0, 1, 7, 3} {
		out = append(out, groups[i])
	}
	return out
}

func (c *AccuracyChart) y(b paint.Box, v float64) float32 {
	return b.Y1 - b.H()*float32((v-c.low)/(c.high-c.low))
}

func (c *AccuracyChart) layOut(p *pool, size fyne.Size) {
	if c.Points() == 0 {
		p.put(c.Empty, fyne.TextAlignCenter, theme.ColorMuted, 0, size.Height/2-8, size.Width)
		return
	}
	b := c.box(size)
	for v := c.low; v <= c.high+c.step/2; v += c.step {
		p.put(strings.Replace(strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64), "-", "−", 1), fyne.TextAlignTrailing, theme.ColorMuted, 0, c.y(b, v)-8, accLeft-6)
	}
	slot := b.W() / float32(len(c.layers))
	every := 1
	short := slot < 46
	if need := float32(24); short && slot < need {
		every = int(math.Ceil(float64(need / slot)))
	}
	for i, l := range c.layers {
		if i%every == 0 {
			if short {
				l = strings.TrimPrefix(l, "conv")
			}
			p.put(l, fyne.TextAlignCenter, theme.ColorMuted, c.x(b, i)-30, b.Y1+4, 60)
		}
	}
	var ends []endLabel
	for i, s := range c.series {
		if n := len(s.Points); n > 0 {
			ends = append(ends, endLabel{c.y(b, s.Points[n-1].Mean), i})
		}
	}
	apart(ends, b.Y0+5, b.Y1-4)
	colours := seriesColours()
	for _, e := range ends {
		k := p.key(colours[e.curve%len(colours)])
		k.Move(fyne.NewPos(b.X1+6, e.y-1.5))
		k.Resize(fyne.NewSize(10, 3))
		p.put(c.series[e.curve].Name, fyne.TextAlignLeading, ftheme.ColorNameForeground, b.X1+20, e.y-8, c.names+6)
	}
}

func (c *AccuracyChart) draw(dst *image.RGBA, scale float32) {
	if c.Points() == 0 {
		return
	}
	b := c.box(fyne.NewSize(float32(dst.Rect.Dx())/scale, float32(dst.Rect.Dy())/scale))
	grid := toNRGBA(themed(c, theme.ColorGrid))
	for v := c.low; v <= c.high+c.step/2; v += c.step {
		ink, thick := grid, scale
		if math.Abs(v) < c.step/2 {
			ink = toNRGBA(themed(c, theme.ColorMuted))
		}
		paint.Rule(dst, ink, b.X0*scale, c.y(b, v)*scale, b.X1*scale, thick)
	}
	colours := seriesColours()
	for i, s := range c.series {
		ink := colours[i%len(colours)]
		var xs, ys []float32
		for j, p := range s.Points {
			x := (c.x(b, p.Layer) + c.aside(b, i)) * scale
			// A layer that is not measured yet leaves a gap.
			if j > 0 && p.Layer != s.Points[j-1].Layer+1 {
				xs, ys = append(xs, x), append(ys, float32(math.NaN()))
			}
			xs, ys = append(xs, x), append(ys, c.y(b, p.Mean)*scale)
		}
		paint.Trace(dst, ink, xs, ys, 1.4*scale)
		for _, p := range s.Points {
			c.point(dst, b, ink, p, c.aside(b, i), scale, i >= len(colours))
		}
	}
}

// point draws a mean and its interval; hollow tells apart what shares a colour.
func (c *AccuracyChart) point(dst *image.RGBA, b paint.Box, ink color.NRGBA, p vm.SeriesPoint, aside, scale float32, hollow bool) {
	x, y := (c.x(b, p.Layer)+aside)*scale, c.y(b, p.Mean)*scale
	if low, high := c.y(b, p.Low)*scale, c.y(b, p.High)*scale; low-low == 0 && high-high == 0 && low > high {
		paint.Fill(dst, ink, paint.Box{X0: x - 0.7*scale, Y0: high, X1: x + 0.7*scale, Y1: low})
		for _, end := range []float32{low, high} {
			paint.Fill(dst, ink, paint.Box{X0: x - 3*scale, Y0: end - 0.6*scale, X1: x + 3*scale, Y1: end + 0.6*scale})
		}
	}
	paint.Dot(dst, ink, x, y, 3*scale)
	if hollow {
		paint.Dot(dst, toNRGBA(themed(c, theme.ColorSurface)), x, y, 1.6*scale)
	}
}
