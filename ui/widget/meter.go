package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/theme"
)

// Meter is a thin bar that is filled as far as something is done.
type Meter struct {
	fwidget.BaseWidget
	value float64
}

// NewMeter makes an empty one.
func NewMeter() *Meter {
	m := &Meter{}
	m.ExtendBaseWidget(m)
	return m
}

// Set fills the bar, from 0 to 1; the same again costs nothing.
func (m *Meter) Set(value float64) {
	value = min(max(value, 0), 1)
	if value != m.value {
		m.value = value
		m.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (m *Meter) CreateRenderer() fyne.WidgetRenderer {
	r := &meterRenderer{m: m, ground: canvas.NewRectangle(nil), fill: canvas.NewRectangle(nil)}
	r.apply()
	return r
}

type meterRenderer struct {
	m            *Meter
	ground, fill *canvas.Rectangle
}

func (r *meterRenderer) apply() {
	r.ground.FillColor = themed(r.m, theme.ColorGround)
	r.fill.FillColor = themed(r.m, ftheme.ColorNamePrimary)
}

func (r *meterRenderer) Layout(size fyne.Size) {
	h := min(size.Height, 8)
	y := (size.Height - h) / 2
	r.ground.CornerRadius, r.fill.CornerRadius = h/2, h/2
	r.ground.Move(fyne.NewPos(0, y))
	r.ground.Resize(fyne.NewSize(size.Width, h))
	w := size.Width * float32(r.m.value)
	if r.m.value > 0 {
		w = max(w, h)
	}
	r.fill.Move(fyne.NewPos(0, y))
	r.fill.Resize(fyne.NewSize(min(w, size.Width), h))
	r.fill.Hidden = w == 0
}
func (r *meterRenderer) MinSize() fyne.Size { return fyne.NewSize(40, 6) }
func (r *meterRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.fill}
}
func (r *meterRenderer) Destroy() {}
func (r *meterRenderer) Refresh() {
	r.apply()
	r.Layout(r.m.Size())
	r.ground.Refresh()
	r.fill.Refresh()
}
