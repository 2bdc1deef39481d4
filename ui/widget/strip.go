package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/theme"
)

// Strip shows a fraction between 0 and 1 on a line with its interval and the chance mark, and a number below.
type Strip struct {
	fwidget.BaseWidget
	mean, low, high, chance float32
	text                    string
	hue                     color.Color
}

// NewStrip makes one; without an interval low equals high.
func NewStrip(mean, low, high, chance float64, text string, hue color.Color) *Strip {
	s := &Strip{mean: float32(mean), low: float32(max(0, low)), high: float32(min(1, high)), chance: float32(chance), text: text, hue: hue}
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer implements fyne.Widget.
func (s *Strip) CreateRenderer() fyne.WidgetRenderer {
	r := &stripRenderer{s: s, track: canvas.NewRectangle(nil), span: canvas.NewRectangle(nil), chance: canvas.NewRectangle(nil), dot: canvas.NewCircle(nil), text: canvas.NewText(s.text, nil)}
	r.text.Alignment = fyne.TextAlignCenter
	r.apply()
	return r
}

type stripRenderer struct {
	s                   *Strip
	track, span, chance *canvas.Rectangle
	dot                 *canvas.Circle
	text                *canvas.Text
}

func (r *stripRenderer) apply() {
	r.track.FillColor = themed(r.s, theme.ColorGrid)
	r.chance.FillColor = themed(r.s, ftheme.ColorNameForeground)
	r.span.FillColor, r.dot.FillColor = r.s.hue, r.s.hue
	r.text.Color = themed(r.s, ftheme.ColorNameForeground)
	r.text.TextSize = ftheme.CurrentForWidget(r.s).Size(ftheme.SizeNameCaptionText) - 1
}

func (r *stripRenderer) Layout(size fyne.Size) {
	x := func(v float32) float32 { return 3 + v*(size.Width-6) }
	const y = 5
	r.track.Move(fyne.NewPos(x(0), y))
	r.track.Resize(fyne.NewSize(x(1)-x(0), 1))
	r.chance.Move(fyne.NewPos(x(r.s.chance), y-4))
	r.chance.Resize(fyne.NewSize(1, 9))
	r.span.Move(fyne.NewPos(x(r.s.low), y-1))
	r.span.Resize(fyne.NewSize(max(1, x(r.s.high)-x(r.s.low)), 3))
	r.dot.Move(fyne.NewPos(x(r.s.mean)-3.5, y-3))
	r.dot.Resize(fyne.NewSquareSize(7))
	r.text.Move(fyne.NewPos(0, 10))
	r.text.Resize(fyne.NewSize(size.Width, 12))
}
func (r *stripRenderer) MinSize() fyne.Size { return fyne.NewSize(40, 24) }
func (r *stripRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.track, r.chance, r.span, r.dot, r.text}
}
func (r *stripRenderer) Destroy() {}
func (r *stripRenderer) Refresh() {
	r.apply()
	for _, o := range r.Objects() {
		o.Refresh()
	}
}
