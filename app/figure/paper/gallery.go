package paper

import (
	"errors"
	"image"
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Picture is a cell of a gallery; Image nil leaves it empty.
type Picture struct {
	Image     image.Image
	Presented bool   // framed black, as what was shown; else grey
	Below     string // a word below it
}

// Strip is a row of pictures with what they are.
type Strip struct {
	Name     string
	Pictures []Picture
	Gap      bool // room above, where a group of rows begins
}

// Gallery are pictures in rows, as Fig. 2a, b, d, 3a, c, e and 4a, b. Where columns do not fit, all rows are
// broken into bands.
type Gallery struct {
	Title   string
	Columns []string // names above the columns; may be empty
	Strips  []Strip
	Text    string // of the caption
}

// Caption implements Sheet.
func (g Gallery) Caption() string { return g.Text }

// grid is how a gallery is laid out at a width.
type grid struct {
	left, side, gap, title, head, below, space vg.Length
	perBand, bands, columns                    int
}

const (
	smallestSide = 7  // mm
	largestSide  = 22 // mm
)

func (g Gallery) grid(width vg.Length) grid {
	var l grid
	l.gap = Millimetres(1)
	name := style(7, false, ink)
	for _, s := range g.Strips {
		l.left = max(l.left, name.Width(s.Name))
		l.columns = max(l.columns, len(s.Pictures))
		for _, p := range s.Pictures {
			if p.Below != "" {
				l.below = Millimetres(3)
			}
		}
	}
	if l.left = min(l.left, width/4); l.left > 0 {
		l.left += Millimetres(2)
	}
	if g.Title != "" {
		l.title = Millimetres(6)
	}
	if len(g.Columns) > 0 {
		l.head = Millimetres(4)
	}
	l.space = Millimetres(3)
	room := width - l.left
	most := max(1, int(room/(Millimetres(smallestSide)+l.gap)))
	l.bands = (l.columns + most - 1) / most
	l.perBand = (l.columns + l.bands - 1) / max(l.bands, 1)
	l.side = min(Millimetres(largestSide), room/vg.Length(max(l.perBand, 1))-l.gap)
	return l
}

// Height implements Sheet.
func (g Gallery) Height(width vg.Length) (vg.Length, error) {
	l := g.grid(width)
	if l.columns == 0 {
		return 0, errors.New("figure: a gallery without pictures")
	}
	return l.title + vg.Length(l.bands)*l.band(g) + vg.Length(l.bands-1)*l.space, nil
}

func (l grid) band(g Gallery) vg.Length {
	h := l.head
	for i, s := range g.Strips {
		if s.Gap && i > 0 {
			h += l.space
		}
		h += l.side + l.gap + l.below
	}
	return h
}

// Draw implements Sheet.
func (g Gallery) Draw(c draw.Canvas) {
	l := g.grid(c.Size().X)
	y := c.Max.Y
	if g.Title != "" {
		t := style(9, true, ink)
		t.YAlign = draw.YTop
		c.FillText(t, vg.Point{X: c.Min.X, Y: y}, fit(t, g.Title, c.Size().X))
		y -= l.title
	}
	for b := range l.bands {
		g.band(c, l, b*l.perBand, y)
		y -= l.band(g) + l.space
	}
}

// band draws some columns of all rows below y.
func (g Gallery) band(c draw.Canvas, l grid, first int, y vg.Length) {
	x := func(k int) vg.Length { return c.Min.X + l.left + vg.Length(k)*(l.side+l.gap) }
	if l.head > 0 {
		t := style(7, false, ink)
		t.XAlign, t.YAlign = draw.XCenter, draw.YTop
		for k := 0; k < l.perBand && first+k < len(g.Columns); k++ {
			c.FillText(t, vg.Point{X: x(k) + l.side/2, Y: y}, fit(t, g.Columns[first+k], l.side+l.gap/2))
		}
		y -= l.head
	}
	name := style(7, false, ink)
	name.YAlign = draw.YCenter
	below := style(6, false, faint)
	below.XAlign, below.YAlign = draw.XCenter, draw.YTop
	for i, s := range g.Strips {
		if s.Gap && i > 0 {
			y -= l.space
		}
		if s.Name != "" {
			c.FillText(name, vg.Point{X: c.Min.X, Y: y - l.side/2}, fit(name, s.Name, l.left-Millimetres(1)))
		}
		for k := 0; k < l.perBand && first+k < len(s.Pictures); k++ {
			p := s.Pictures[first+k]
			at := vg.Rectangle{Min: vg.Point{X: x(k), Y: y - l.side}, Max: vg.Point{X: x(k) + l.side, Y: y}}
			p.draw(c, at)
			if p.Below != "" {
				c.FillText(below, vg.Point{X: x(k) + l.side/2, Y: y - l.side - vg.Points(1.5)}, fit(below, p.Below, l.side))
			}
		}
		y -= l.side + l.gap + l.below
	}
}

func (p Picture) draw(c draw.Canvas, at vg.Rectangle) {
	if p.Image == nil {
		return
	}
	frame := color.NRGBA{0x9a, 0xa2, 0xa7, 0xff}
	if p.Presented {
		frame = color.NRGBA{0, 0, 0, 0xff}
	}
	w := vg.Points(0.8)
	c.SetColor(frame)
	c.Fill(at.Path())
	c.DrawImage(vg.Rectangle{Min: vg.Point{X: at.Min.X + w, Y: at.Min.Y + w}, Max: vg.Point{X: at.Max.X - w, Y: at.Max.Y - w}}, p.Image)
}
