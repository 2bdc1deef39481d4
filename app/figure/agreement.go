package figure

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"gonum.org/v1/plot"
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
	Yardstick    []Point // differences that mean nothing, of two runs as good as each other; may be empty
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
	if len(g.Yardstick) > 0 {
		l, err := line(g.Yardstick, Coloured)
		if err != nil {
			return nil, err
		}
		l.Color, l.Width = color.NRGBA{0xb0, 0xb0, 0xb0, 0xff}, vg.Points(3)
		p.Add(l)
		p.Legend.Add("yardstick", l)
		all = append(all, g.Yardstick...)
	}
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
