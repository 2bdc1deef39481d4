package paper

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Dots shows scores: every value a dot, beside them the mean with its interval, the chance line, and where there are
// any the ceiling, the floor and a published value as marks. Groups stand along x, their series side by side.
type Dots struct {
	Title  string
	Y      string // what the values are
	Groups []Group
	Chance float64 // drawn where it is not NaN
	// Low and High bound the axis; equal ones take the values'.
	Low, High float64
	Percent   bool // values are fractions, shown in percent
	Lines     bool // means of a series are joined from group to group
	Text      string
}

// Group is a place on the x axis.
type Group struct {
	Name   string
	Series []Series
}

// Series are the values of one kind. Those of one name have one colour in all groups.
type Series struct {
	Name            string
	Values          []float64
	Mean, Low, High float64 // the interval is not drawn where it is NaN
	Ceiling, Floor  float64 // NaN where there is none
	Published       float64 // NaN where there is none
	Star            string  // above the values, as *
}

// Plain is a series without marks.
func Plain(name string, values []float64, mean, low, high float64) Series {
	nan := math.NaN()
	return Series{Name: name, Values: values, Mean: mean, Low: low, High: high, Ceiling: nan, Floor: nan, Published: nan}
}

// Colours are Okabe and Ito's, dark enough on white.
var colours = []color.NRGBA{
	{0x00, 0x72, 0xb2, 0xff}, {0xd5, 0x5e, 0x00, 0xff}, {0x00, 0x9e, 0x73, 0xff}, {0xcc, 0x79, 0xa7, 0xff}, {0x56, 0xb4, 0xe9, 0xff}, {0xe6, 0x9f, 0x00, 0xff},
}

// Caption implements Sheet.
func (d Dots) Caption() string { return d.Text }

func (d Dots) names() (out []string) {
	seen := map[string]bool{}
	for _, g := range d.Groups {
		for _, s := range g.Series {
			if !seen[s.Name] {
				seen[s.Name] = true
				out = append(out, s.Name)
			}
		}
	}
	return out
}

// Height implements Sheet.
func (d Dots) Height(width vg.Length) (vg.Length, error) {
	n := 0
	for _, g := range d.Groups {
		for _, s := range g.Series {
			n += len(s.Values)
		}
	}
	if n == 0 {
		return 0, errors.New("figure: no value to draw")
	}
	l := d.layout(width)
	return l.top + Millimetres(42) + l.bottom, nil
}

type layout struct {
	left, right, top, bottom vg.Length
	turned                   bool // names of groups stand upright
	legend                   [][]entry
	low, high, step          float64
}

type entry struct {
	name  string
	width vg.Length
	draw  func(c draw.Canvas, at vg.Point)
}

const markWidth = vg.Length(9) // of a legend's mark, in points

func (d Dots) layout(width vg.Length) (l layout) {
	l.left, l.right, l.top = Millimetres(12), Millimetres(1), Millimetres(1.5)
	if d.Title != "" {
		l.top += Millimetres(6)
	}
	l.low, l.high, l.step = d.axis()
	small := style(7, false, ink)
	room := (width - l.left - l.right) / vg.Length(max(len(d.Groups), 1))
	widest, deepest := vg.Length(0), 1
	for _, g := range d.Groups {
		deepest = max(deepest, 1+strings.Count(g.Name, "\n"))
		for _, line := range strings.Split(g.Name, "\n") {
			w := small.Width(line)
			l.turned = l.turned || w > room-Millimetres(1)
			widest = max(widest, w)
		}
	}
	l.bottom = Millimetres(6) + vg.Length(deepest)*Millimetres(3)
	if l.turned {
		l.bottom = min(widest, Millimetres(30)) + Millimetres(6)
	}
	row, used := []entry(nil), vg.Length(0)
	for _, e := range d.entries() {
		if used > 0 && used+e.width > width-l.left-l.right {
			l.legend, row, used = append(l.legend, row), nil, 0
		}
		row, used = append(row, e), used+e.width
	}
	if len(row) > 0 {
		l.legend = append(l.legend, row)
	}
	l.top += vg.Length(len(l.legend)) * Millimetres(3.6)
	return l
}

// axis finds round bounds and the step of ticks.
func (d Dots) axis() (low, high, step float64) {
	low, high = d.Low, d.High
	if low == high {
		low, high = math.Inf(1), math.Inf(-1)
		for _, g := range d.Groups {
			for _, s := range g.Series {
				for _, v := range append([]float64{s.Low, s.High, s.Ceiling, s.Floor, s.Published, s.Mean}, s.Values...) {
					if v == v {
						low, high = min(low, v), max(high, v)
					}
				}
			}
		}
		if low == high {
			low, high = low-0.5, high+0.5
		}
	}
	step = math.Pow(10, math.Floor(math.Log10(high-low)))
	for _, f := range []float64{0.1, 0.2, 0.25, 0.5, 1} {
		if (high-low)/(step*f) <= 6 {
			step *= f
			break
		}
	}
	if d.Low == d.High {
		low, high = step*math.Floor(low/step+1e-9), step*math.Ceil(high/step-1e-9)
	}
	return low, high, step
}

// Draw implements Sheet.
func (d Dots) Draw(c draw.Canvas) {
	l := d.layout(c.Size().X)
	y := c.Max.Y
	if d.Title != "" {
		t := style(9, true, ink)
		t.YAlign = draw.YTop
		c.FillText(t, vg.Point{X: c.Min.X, Y: y}, fit(t, d.Title, c.Size().X))
		y -= Millimetres(6)
	}
	for _, row := range l.legend {
		x := c.Min.X + l.left
		for _, e := range row {
			at := vg.Point{X: x, Y: y - Millimetres(1.5)}
			e.draw(c, vg.Point{X: at.X + markWidth/2, Y: at.Y})
			t := style(7, false, ink)
			t.YAlign = draw.YCenter
			c.FillText(t, vg.Point{X: at.X + markWidth + 2, Y: at.Y}, e.name)
			x += e.width
		}
		y -= Millimetres(3.6)
	}
	box := vg.Rectangle{Min: vg.Point{X: c.Min.X + l.left, Y: c.Min.Y + l.bottom}, Max: vg.Point{X: c.Max.X - l.right, Y: c.Max.Y - l.top}}
	d.axes(c, box, l)
	d.values(c, box, l)
}

// place is a value's height in the box.
func (l layout) place(box vg.Rectangle, v float64) vg.Length {
	return box.Min.Y + box.Size().Y*vg.Length((v-l.low)/(l.high-l.low))
}

func (d Dots) number(v float64, step float64) string {
	digits := 0
	if d.Percent {
		v, step = 100*v, 100*step
	}
	for s := step; s < 1-1e-9 && digits < 4; s *= 10 {
		digits++
	}
	if step == 0.25 || step == 2.5 {
		digits++
	}
	return strings.Replace(fmt.Sprintf("%.*f", digits, v), "-", "–", 1) // PDF fonts lack the minus sign
}

func (d Dots) axes(c draw.Canvas, box vg.Rectangle, l layout) {
	small := style(7, false, ink)
	right := small
	right.XAlign, right.YAlign = draw.XRight, draw.YCenter
	for v := l.low; v <= l.high+l.step/1e6; v += l.step {
		y := l.place(box, v)
		c.StrokeLine2(draw.LineStyle{Color: rule, Width: vg.Points(0.4)}, box.Min.X, y, box.Max.X, y)
		c.FillText(right, vg.Point{X: box.Min.X - vg.Points(3), Y: y}, d.number(v+0, l.step))
	}
	if d.Chance == d.Chance {
		y := l.place(box, d.Chance)
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: vg.Points(0.8), Dashes: []vg.Length{vg.Points(3), vg.Points(2)}}, box.Min.X, y, box.Max.X, y)
	}
	c.StrokeLine2(draw.LineStyle{Color: ink, Width: vg.Points(0.6)}, box.Min.X, box.Min.Y, box.Min.X, box.Max.Y)
	label := style(7.5, false, ink)
	label.XAlign, label.YAlign, label.Rotation = draw.XCenter, draw.YTop, math.Pi/2
	c.FillText(label, vg.Point{X: c.Min.X, Y: box.Min.Y + box.Size().Y/2}, fit(label, d.Y, box.Size().Y))
	room := box.Size().X / vg.Length(len(d.Groups))
	for i, g := range d.Groups {
		x := box.Min.X + room*(vg.Length(i)+0.5)
		n := ""
		for _, s := range g.Series {
			if k := fmt.Sprint(len(s.Values)); n == "" {
				n = k
			} else if !strings.HasSuffix("/"+n, "/"+k) {
				n += "/" + k
			}
		}
		d.name(c, small, box, l, g.Name, "n = "+n, x, room)
	}
}

// name writes a group's name and its number of values below the axis.
func (d Dots) name(c draw.Canvas, small text.Style, box vg.Rectangle, l layout, name, n string, x, room vg.Length) {
	below := style(6, false, faint)
	below.XAlign, below.YAlign = draw.XCenter, draw.YBottom
	if below.Width(n) > room {
		n = strings.TrimPrefix(n, "n = ")
	}
	if below.Width(n) <= room {
		c.FillText(below, vg.Point{X: x, Y: c.Min.Y}, n)
	}
	if l.turned {
		small.Rotation, small.XAlign, small.YAlign = math.Pi/2, draw.XRight, draw.YCenter
		c.FillText(small, vg.Point{X: x, Y: box.Min.Y - vg.Points(4)}, fit(small, strings.ReplaceAll(name, "\n", ", "), l.bottom-Millimetres(5)))
		return
	}
	small.XAlign, small.YAlign = draw.XCenter, draw.YTop
	for k, line := range strings.Split(name, "\n") {
		c.FillText(small, vg.Point{X: x, Y: box.Min.Y - vg.Points(4) - vg.Length(k)*vg.Points(8)}, line)
	}
}
