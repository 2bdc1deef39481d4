package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/theme"
	"reverie/ui/vm"
)

// Bar is a named count.
type Bar struct {
	Name  string
	Value int
}

// Bars draws counts as thin horizontal bars on one scale.
type Bars struct {
	fwidget.BaseWidget
	bars []Bar
}

// NewBars makes an empty set of bars.
func NewBars() *Bars {
	b := &Bars{}
	b.ExtendBaseWidget(b)
	return b
}

// Set shows bars.
func (b *Bars) Set(bars []Bar) {
	b.bars = bars
	b.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (b *Bars) CreateRenderer() fyne.WidgetRenderer { return &barsRenderer{b: b} }

const (
	barRow   = 20
	barName  = 46
	barCount = 48
)

type barsRenderer struct {
	b       *Bars
	laid    fyne.Size
	objects []fyne.CanvasObject // new only when the bars or the size are
}

func (r *barsRenderer) build(size fyne.Size) {
	r.objects = nil
	most := 1
	for _, b := range r.b.bars {
		most = max(most, b.Value)
	}
	th := ftheme.CurrentForWidget(r.b)
	for i, b := range r.b.bars {
		y := float32(i * barRow)
		add := func(s string, name fyne.ThemeColorName, a fyne.TextAlign, x, w float32) {
			t := canvas.NewText(s, themed(r.b, name))
			t.TextSize, t.Alignment = th.Size(ftheme.SizeNameCaptionText), a
			t.Move(fyne.NewPos(x, y))
			t.Resize(fyne.NewSize(w, barRow))
			r.objects = append(r.objects, t)
		}
		add(b.Name, ftheme.ColorNameForeground, fyne.TextAlignLeading, 0, barName)
		add(vm.Count(b.Value, ""), theme.ColorMuted, fyne.TextAlignTrailing, size.Width-barCount, barCount)
		room := max(size.Width-barName-barCount, 0)
		ground := canvas.NewRectangle(themed(r.b, theme.ColorGround))
		bar := canvas.NewRectangle(themed(r.b, theme.ColorMuted))
		for _, x := range []struct {
			*canvas.Rectangle
			w float32
		}{{ground, room}, {bar, room * float32(b.Value) / float32(most)}} {
			x.CornerRadius = 3
			x.Move(fyne.NewPos(barName, y+barRow/2-3))
			x.Resize(fyne.NewSize(x.w, 6))
			r.objects = append(r.objects, x.Rectangle)
		}
	}
}

func (r *barsRenderer) Layout(size fyne.Size) {
	if size != r.laid {
		r.laid = size
		r.build(size)
	}
}
func (r *barsRenderer) MinSize() fyne.Size {
	return fyne.NewSize(180, float32(len(r.b.bars)*barRow))
}
func (r *barsRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *barsRenderer) Destroy()                     {}
func (r *barsRenderer) Refresh() {
	r.build(r.b.Size())
	canvas.Refresh(r.b)
}
