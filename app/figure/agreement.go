package figure

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"sync"

	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Point is a value at an iteration.
type Point struct {
	Iteration int
	Value     float64
}

// AgreementSample is one sample reconstructed in two runs.
type AgreementSample struct {
	Label      string
	A, B       []Point // losses
	Difference []Point // |a−b|/|a| of the losses
	ImageA     image.Image
	ImageB     image.Image
	Caption    string // below B's picture
}

// Agreement shows how alike two runs of the same reconstructions are: the losses
// overlaid, their relative difference against the limit, and the pictures in
// pairs. The first Coloured samples stand out.
type Agreement struct {
	Title        string
	NameA, NameB string
	Limit        float64 // drawn as a line over the differences
	Samples      []AgreementSample
	Notes        []string
}

const (
	agreementWidth, panelHeight, legendWidth = 1000, 290, 250
	// Coloured is how many samples have a colour and a name in the legend and are
	// shown as pictures; the others are thin grey curves.
	Coloured = 8
	// The usual pixels of a point, so that lines and letters have their usual size.
	agreementDPI = 96
)

// hues are Okabe and Ito's, told apart by colour-blind eyes too.
var hues = [Coloured]color.NRGBA{
	{0x00, 0x72, 0xb2, 0xff}, {0xd5, 0x5e, 0x00, 0xff}, {0x00, 0x9e, 0x73, 0xff}, {0xcc, 0x79, 0xa7, 0xff},
	{0xe6, 0x9f, 0x00, 0xff}, {0x56, 0xb4, 0xe9, 0xff}, {0x22, 0x25, 0x29, 0xff}, {0xb8, 0xa9, 0x00, 0xff},
}

var grey = color.NRGBA{0x80, 0x80, 0x80, 0xa0}

// Draw renders the figure on white.
func (g Agreement) Draw() (*image.NRGBA, error) {
	if err := plotFont(); err != nil {
		return nil, err
	}
	top, err := g.losses()
	if err != nil {
		return nil, err
	}
	below, err := g.differences()
	if err != nil {
		return nil, err
	}
	strip, err := g.pictures()
	if err != nil {
		return nil, err
	}
	width := max(agreementWidth, strip.Bounds().Dx())
	img := image.NewNRGBA(image.Rect(0, 0, width, 2*panelHeight+titleHeight+strip.Bounds().Dy()))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	title, err := newFace(18)
	if err != nil {
		return nil, err
	}
	text(img, title, margin, margin+12, g.Title)
	panels := vgimg.NewWith(vgimg.UseWH(pixels(agreementWidth), pixels(2*panelHeight)), vgimg.UseDPI(agreementDPI))
	c := vgdraw.New(panels)
	tiles := vgdraw.Tiles{Rows: 2, Cols: 1, PadTop: pixels(gap), PadLeft: pixels(margin), PadRight: pixels(legendWidth + gap), PadBottom: pixels(gap), PadY: pixels(2 * gap)}
	legend := vgdraw.Crop(c, pixels(agreementWidth-legendWidth), -pixels(margin), pixels(gap), -pixels(gap))
	keys := [2]plot.Legend{top.Legend, below.Legend}
	top.Legend, below.Legend = plot.NewLegend(), plot.NewLegend()
	for i, at := range plot.Align([][]*plot.Plot{{top}, {below}}, tiles, c) {
		plots := []*plot.Plot{top, below}
		plots[i].Draw(at[0])
		legend.Min.Y, legend.Max.Y = at[0].Min.Y, at[0].Max.Y
		keys[i].Draw(legend)
	}
	draw.Draw(img, image.Rect(0, titleHeight, agreementWidth, titleHeight+2*panelHeight), panels.Image(), image.Point{}, draw.Over)
	y := titleHeight + 2*panelHeight
	draw.Draw(img, strip.Bounds().Add(image.Pt(0, y)), strip, image.Point{}, draw.Over)
	return img, nil
}

func pixels(n int) vg.Length { return vg.Length(n) * vg.Inch / agreementDPI }

// order is the samples in drawing order: the grey ones first, below the others.
func (g Agreement) order() (out []int) {
	for i := len(g.Samples) - 1; i >= 0; i-- {
		out = append(out, i)
	}
	return out
}

func (g Agreement) losses() (*plot.Plot, error) {
	p := newPlot("loss")
	var all []Point
	for _, i := range g.order() {
		s := g.Samples[i]
		a, err := line(s.A, i)
		if err != nil {
			return nil, err
		}
		b, err := line(s.B, i)
		if err != nil {
			return nil, err
		}
		b.Dashes = []vg.Length{vg.Points(5), vg.Points(4)}
		b.Color = darker(b.Color)
		p.Add(a, b)
		all = append(append(all, s.A...), s.B...)
	}
	for i, s := range g.Samples[:min(Coloured, len(g.Samples))] {
		a, err := line(s.A, i)
		if err != nil {
			return nil, err
		}
		p.Legend.Add(shorten(s.Label), a)
	}
	solid, dashed := plotter.Line{LineStyle: style(6)}, plotter.Line{LineStyle: style(6)}
	dashed.Dashes = []vg.Length{vg.Points(5), vg.Points(4)}
	p.Legend.Add(g.NameA, &solid)
	p.Legend.Add(g.NameB, &dashed)
	scale(p, all, 1, func(v float64) string { return fmt.Sprintf("%.3g", v) })
	return p, nil
}

func (g Agreement) differences() (*plot.Plot, error) {
	p := newPlot("relative difference")
	p.X.Label.Text = "iteration"
	all := []Point{{0, g.Limit}}
	for _, i := range g.order() {
		l, err := line(g.Samples[i].Difference, i)
		if err != nil {
			return nil, err
		}
		p.Add(l)
		all = append(all, g.Samples[i].Difference...)
	}
	if g.Limit > 0 {
		last := 1
		for _, q := range all {
			last = max(last, q.Iteration)
		}
		limit, err := line([]Point{{0, g.Limit}, {last, g.Limit}}, 6)
		if err != nil {
			return nil, err
		}
		limit.Color, limit.Width = color.NRGBA{0xc0, 0x20, 0x20, 0xff}, vg.Points(1.5)
		limit.Dashes = []vg.Length{vg.Points(2), vg.Points(2)}
		p.Add(limit)
		p.Legend.Add(fmt.Sprintf("%.3g %%", 100*g.Limit), limit)
	}
	scale(p, all, 2, func(v float64) string { return fmt.Sprintf("%.3g %%", 100*v) })
	return p, nil
}

// pictures are the pairs of the first samples, one above the other.
func (g Agreement) pictures() (image.Image, error) {
	m := Montage{Rows: []Row{{Name: g.NameA}, {Name: g.NameB}}, Notes: g.Notes, Size: 96}
	for _, s := range g.Samples[:min(Coloured, len(g.Samples))] {
		m.Rows[0].Cells = append(m.Rows[0].Cells, Cell{Image: s.ImageA})
		m.Rows[1].Cells = append(m.Rows[1].Cells, Cell{Image: s.ImageB, Caption: s.Caption})
	}
	return m.Draw()
}

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
	const most = 31
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
