package figure

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"strings"

	"golang.org/x/image/font"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Series is a name with a colour and a mark; both are told apart for the first
// eight, and together for 56.
type Series struct {
	Name      string
	Hue, Mark int
}

// NewSeries gives the i-th its own colour and mark.
func NewSeries(name string, i int) Series {
	return Series{Name: name, Hue: i % Coloured, Mark: (i + i/Coloured) % len(glyphs)}
}

// glyphs are all filled: outlines are weak beside them.
var glyphs = [...]vgdraw.GlyphDrawer{vgdraw.CircleGlyph{}, vgdraw.BoxGlyph{}, turned(3, 90, 1), turned(4, 0, 1),
	turned(3, 270, 1), turned(10, 90, 0.45), turned(3, 0, 1), turned(3, 180, 1)}

// polygon is a filled mark, its corners for a radius of 1.
type polygon []vg.Point

// turned is a polygon with its first corner at an angle in degrees and every other one at a part of the radius.
func turned(corners int, degrees, inner float64) (p polygon) {
	for i := range corners {
		r := 1.25
		if i%2 == 1 {
			r *= inner
		}
		at := (degrees + 360*float64(i)/float64(corners)) * math.Pi / 180
		p = append(p, vg.Point{X: vg.Length(r * math.Cos(at)), Y: vg.Length(r * math.Sin(at))})
	}
	return p
}

// DrawGlyph implements vgdraw.GlyphDrawer.
func (p polygon) DrawGlyph(c *vgdraw.Canvas, s vgdraw.GlyphStyle, at vg.Point) {
	var path vg.Path
	for i, q := range p {
		q = vg.Point{X: at.X + s.Radius*q.X, Y: at.Y + s.Radius*q.Y}
		if i == 0 {
			path.Move(q)
		} else {
			path.Line(q)
		}
	}
	path.Close()
	c.SetColor(s.Color)
	c.Fill(path)
}

func (s Series) colour() color.NRGBA { return hues[s.Hue%Coloured] }

func (s Series) glyph() vgdraw.GlyphStyle {
	return vgdraw.GlyphStyle{Color: s.colour(), Radius: vg.Points(3), Shape: glyphs[s.Mark%len(glyphs)]}
}

// sheet is a figure with a title and a legend above the panels and notes below.
type sheet struct {
	width, height int
	title         string
	letters, head font.Face
	legend        []legendEntry
	notes         []string
	top, panels   int // where the panels begin, and their height
	img           *image.NRGBA
	canvas        *vgimg.Canvas
}

type legendEntry struct {
	Series
	x, y int // of its mark
}

const legendHeight, markWidth = 24, 18

func newSheet(width int, title string, series []Series, notes []string) (*sheet, error) {
	if err := plotFont(); err != nil {
		return nil, err
	}
	s := &sheet{width: width, title: title}
	var err error
	if s.letters, err = newFace(14); err != nil {
		return nil, err
	}
	if s.head, err = newFace(19); err != nil {
		return nil, err
	}
	s.top = margin + titleHeight
	x := margin
	for _, e := range series {
		w := markWidth + s.wide(e.Name) + 3*gap
		if x > margin && x+w > width-margin {
			x, s.top = margin, s.top+legendHeight
		}
		s.legend = append(s.legend, legendEntry{e, x + markWidth/2, s.top + legendHeight/2})
		x += w
	}
	if len(series) > 0 {
		s.top += legendHeight
	}
	for _, n := range notes {
		s.notes = append(s.notes, wrap(s.letters, n, width-2*margin)...)
	}
	return s, nil
}

func (s *sheet) wide(text string) int { return font.MeasureString(s.letters, text).Ceil() }

// widest is the width of the widest text.
func (s *sheet) widest(all []string) (w int) {
	for _, t := range all {
		w = max(w, s.wide(t))
	}
	return w
}

// begin makes room for panels of a height.
func (s *sheet) begin(panels int) {
	s.panels = panels
	s.height = s.top + panels + len(s.notes)*noteHeight + margin
	s.canvas = vgimg.NewWith(vgimg.UseWH(pixels(s.width), pixels(s.top+panels)), vgimg.UseDPI(agreementDPI))
}

// body is where the panels go.
func (s *sheet) body() vgdraw.Canvas {
	return vgdraw.Crop(vgdraw.New(s.canvas), 0, 0, 0, -pixels(s.top))
}

func (s *sheet) finish() *image.NRGBA {
	c := vgdraw.New(s.canvas)
	for _, e := range s.legend {
		g := e.glyph()
		g.Radius = vg.Points(4)
		c.DrawGlyph(g, vg.Point{X: pixels(e.x), Y: c.Max.Y - pixels(e.y)})
	}
	s.img = image.NewNRGBA(image.Rect(0, 0, s.width, s.height))
	draw.Draw(s.img, s.img.Bounds(), image.White, image.Point{}, draw.Src)
	src := s.canvas.Image()
	draw.Draw(s.img, src.Bounds(), src, src.Bounds().Min, draw.Over)
	text(s.img, s.head, margin, margin+18, s.title)
	for _, e := range s.legend {
		text(s.img, s.letters, e.x+markWidth/2+2, e.y+5, e.Name)
	}
	for i, n := range s.notes {
		text(s.img, s.letters, margin, s.top+s.panels+(i+1)*noteHeight-5, n)
	}
	return s.img
}

// wrap breaks a text between words into lines of at most so many pixels; a longer word has its own line.
func wrap(f font.Face, s string, width int) (out []string) {
	line := ""
	for _, w := range strings.Fields(s) {
		next := strings.TrimSpace(line + " " + w)
		if line != "" && font.MeasureString(f, next).Ceil() > width {
			out, next = append(out, line), w
		}
		line = next
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}
