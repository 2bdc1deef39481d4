package widget

import (
	"image/color"
	"math"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	ftheme "fyne.io/fyne/v2/theme"

	"reverie/ui/vm"
)

// pool has the texts and colour keys of a drawing. They are kept and used
// again: objects new in each frame would make the toolkit lay out, and so draw,
// without end.
type pool struct {
	of    fyne.Widget
	texts []*canvas.Text
	keys  []*canvas.Rectangle
	nText int // in use
	nKey  int
}

// begin starts a drawing of a widget with none in use; hideUnused ends it.
func (p *pool) begin(of fyne.Widget) { p.of, p.nText, p.nKey = of, 0, 0 }

func (p *pool) text(s string, a fyne.TextAlign, name fyne.ThemeColorName) *canvas.Text {
	if p.nText == len(p.texts) {
		p.texts = append(p.texts, canvas.NewText("", nil))
	}
	t := p.texts[p.nText]
	p.nText++
	t.Text, t.Color, t.Alignment = s, themed(p.of, name), a
	t.TextSize = ftheme.CurrentForWidget(p.of).Size(ftheme.SizeNameCaptionText)
	t.TextStyle = fyne.TextStyle{}
	t.Hidden = false
	return t
}

// put sets a text into a place of a width; the height is a line's.
func (p *pool) put(s string, a fyne.TextAlign, name fyne.ThemeColorName, x, y, width float32) *canvas.Text {
	t := p.text(s, a, name)
	t.Move(fyne.NewPos(x, y))
	t.Resize(fyne.NewSize(width, lineHeight))
	return t
}

// fit cuts a text to a width.
func (p *pool) fit(s string, width float32, style fyne.TextStyle) string {
	size := ftheme.CurrentForWidget(p.of).Size(ftheme.SizeNameCaptionText)
	for n := len([]rune(s)); n > 1 && fyne.MeasureText(s, size, style).Width > width; n-- {
		s = vm.Short(s, n-1)
	}
	return s
}

const lineHeight = 16

func (p *pool) key(c color.Color) *canvas.Rectangle {
	if p.nKey == len(p.keys) {
		p.keys = append(p.keys, canvas.NewRectangle(nil))
	}
	k := p.keys[p.nKey]
	p.nKey++
	k.FillColor, k.Hidden = c, false
	return k
}

func (p *pool) hideUnused() {
	for _, t := range p.texts[p.nText:] {
		t.Hidden = true
	}
	for _, k := range p.keys[p.nKey:] {
		k.Hidden = true
	}
}

func (p *pool) objects() []fyne.CanvasObject {
	var o []fyne.CanvasObject
	for _, t := range p.texts {
		o = append(o, t)
	}
	for _, k := range p.keys {
		o = append(o, k)
	}
	return o
}

// endLabel is a line's name beside its end.
type endLabel struct {
	y     float32
	curve int
}

// apart sorts labels by height and pushes apart those that are close, between two heights.
func apart(ls []endLabel, top, bottom float32) {
	slices.SortStableFunc(ls, func(a, b endLabel) int { return int(math.Copysign(1, float64(a.y-b.y))) })
	const line = 13
	for i := range ls {
		ls[i].y = max(ls[i].y, top)
		if i > 0 {
			ls[i].y = max(ls[i].y, ls[i-1].y+line)
		}
	}
	for i := len(ls) - 1; i >= 0; i-- {
		ls[i].y = min(ls[i].y, bottom)
		bottom = ls[i].y - line
	}
}
