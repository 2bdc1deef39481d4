package paper

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// entries are the legend: series where there are several, and the marks that occur.
func (d Dots) entries() (out []entry) {
	t := style(7, false, ink)
	add := func(name string, mark func(c draw.Canvas, at vg.Point)) {
		out = append(out, entry{name, markWidth + 2 + t.Width(name) + vg.Points(8), mark})
	}
	if names := d.names(); len(names) > 1 {
		for i, n := range names {
			add(n, func(c draw.Canvas, at vg.Point) { c.DrawGlyph(meanStyle(i), at) })
		}
	}
	ceiling, floor, published := false, false, false
	for _, g := range d.Groups {
		for _, s := range g.Series {
			ceiling, floor, published = ceiling || s.Ceiling == s.Ceiling, floor || s.Floor == s.Floor, published || s.Published == s.Published
		}
	}
	if ceiling {
		add("true features (ceiling)", func(c draw.Canvas, at vg.Point) { tick(c, at, faint, false) })
	}
	if floor {
		add("shuffled labels (floor)", func(c draw.Canvas, at vg.Point) { tick(c, at, faint, true) })
	}
	if published {
		add("Shen et al. 2019", func(c draw.Canvas, at vg.Point) { diamond(c, at) })
	}
	if d.Chance == d.Chance {
		add("chance", func(c draw.Canvas, at vg.Point) {
			c.StrokeLine2(draw.LineStyle{Color: ink, Width: vg.Points(0.8), Dashes: []vg.Length{vg.Points(3), vg.Points(2)}}, at.X-markWidth/2, at.Y, at.X+markWidth/2, at.Y)
		})
	}
	return out
}

// upsideDown is a triangle that stands on its tip.
type upsideDown struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (upsideDown) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	r := s.Radius * 1.15
	var p vg.Path
	p.Move(vg.Point{X: at.X, Y: at.Y - r})
	p.Line(vg.Point{X: at.X + r, Y: at.Y + r*0.8})
	p.Line(vg.Point{X: at.X - r, Y: at.Y + r*0.8})
	p.Close()
	c.SetColor(s.Color)
	c.Fill(p)
}

// means are told apart by shape too.
var meanGlyphs = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, upsideDown{}}

func meanStyle(i int) draw.GlyphStyle {
	return draw.GlyphStyle{Color: colours[i%len(colours)], Radius: vg.Points(2.2), Shape: meanGlyphs[i%len(meanGlyphs)]}
}

// tick is a short line with a stroke up (ceiling) or down (floor).
func tick(c draw.Canvas, at vg.Point, col color.Color, down bool) {
	line := draw.LineStyle{Color: col, Width: vg.Points(0.9)}
	c.StrokeLine2(line, at.X-vg.Points(3.5), at.Y, at.X+vg.Points(3.5), at.Y)
	to := vg.Points(2.5)
	if !down {
		to = -to
	}
	c.StrokeLine2(line, at.X, at.Y, at.X, at.Y+to)
}

func diamond(c draw.Canvas, at vg.Point) {
	r := vg.Points(3)
	var p vg.Path
	p.Move(vg.Point{X: at.X, Y: at.Y + r})
	p.Line(vg.Point{X: at.X + r, Y: at.Y})
	p.Line(vg.Point{X: at.X, Y: at.Y - r})
	p.Line(vg.Point{X: at.X - r, Y: at.Y})
	p.Close()
	c.SetColor(color.White)
	c.Fill(p)
	c.SetLineStyle(draw.LineStyle{Color: ink, Width: vg.Points(0.9)})
	c.Stroke(p)
}

// values draws dots on the left half of a series' place, mean, interval and marks on the right.
func (d Dots) values(c draw.Canvas, box vg.Rectangle, l layout) {
	names := d.names()
	room := box.Size().X / vg.Length(len(d.Groups))
	last := make([]vg.Point, len(names))
	met := make([]bool, len(names))
	type drawn struct {
		at vg.Point
		i  int
	}
	var means []drawn
	for gi, g := range d.Groups {
		one := min(room*0.86/vg.Length(max(len(g.Series), 1)), Millimetres(16))
		start := box.Min.X + room*(vg.Length(gi)+0.5) - one*vg.Length(len(g.Series))/2
		for k, s := range g.Series {
			i := slices.Index(names, s.Name)
			x := start + one*vg.Length(k)
			d.swarm(c, box, l, s.Values, i, x+one*0.05, one*0.5)
			at := vg.Point{X: x + one*0.68, Y: l.place(box, s.Mean)}
			if s.Low == s.Low && s.High == s.High {
				line := draw.LineStyle{Color: colours[i%len(colours)], Width: vg.Points(1.1)}
				low, high := l.place(box, max(s.Low, l.low)), l.place(box, min(s.High, l.high))
				c.StrokeLine2(line, at.X, low, at.X, high)
				for _, y := range []vg.Length{low, high} {
					c.StrokeLine2(line, at.X-vg.Points(1.6), y, at.X+vg.Points(1.6), y)
				}
			}
			if met[i] && d.Lines {
				c.StrokeLine2(draw.LineStyle{Color: colours[i%len(colours)], Width: vg.Points(0.7)}, last[i].X, last[i].Y, at.X, at.Y)
			}
			last[i], met[i] = at, true
			means = append(means, drawn{at, i})
			if s.Ceiling == s.Ceiling {
				tick(c, vg.Point{X: at.X, Y: l.place(box, s.Ceiling)}, faint, false)
			}
			if s.Floor == s.Floor {
				tick(c, vg.Point{X: at.X, Y: l.place(box, s.Floor)}, faint, true)
			}
			if s.Published == s.Published {
				diamond(c, vg.Point{X: x + one*0.9, Y: l.place(box, s.Published)})
			}
			if s.Star != "" {
				t := style(8, false, ink)
				t.XAlign, t.YAlign = draw.XCenter, draw.YBottom
				c.FillText(t, vg.Point{X: x + one/2, Y: box.Max.Y}, s.Star)
			}
		}
	}
	for _, m := range means {
		g := meanStyle(m.i)
		under := g
		under.Color, under.Radius = color.White, g.Radius+vg.Points(0.8)
		c.DrawGlyph(under, m.at)
		c.DrawGlyph(g, m.at)
	}
}

// swarm draws values so that equal ones stand side by side within a width.
func (d Dots) swarm(c draw.Canvas, box vg.Rectangle, l layout, values []float64, i int, x, width vg.Length) {
	r := vg.Points(1.1)
	if len(values) > 150 {
		r = vg.Points(0.7)
	}
	rows := map[int][]float64{}
	for _, v := range values {
		if v != v {
			continue
		}
		row := int(math.Round(float64((l.place(box, min(max(v, l.low), l.high)) - box.Min.Y) / (2 * r))))
		rows[row] = append(rows[row], v)
	}
	col := colours[i%len(colours)]
	col.A = 0x90
	keys := make([]int, 0, len(rows))
	for k := range rows {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		row := rows[k]
		step := min(2*r, width/vg.Length(len(row)))
		for n, v := range row {
			at := vg.Point{X: x + width/2 + step*(vg.Length(n)-vg.Length(len(row)-1)/2), Y: l.place(box, min(max(v, l.low), l.high))}
			c.DrawGlyph(draw.GlyphStyle{Color: col, Radius: r, Shape: draw.CircleGlyph{}}, at)
		}
	}
}
