package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/theme"
)

// Choice is content one can tap, or reach by Tab and take by Space or Enter. It
// shows hover, focus and whether it is the chosen one.
type Choice struct {
	fwidget.BaseWidget
	OnTapped func()
	Outline  bool // drawn as a card of its own
	inner    fyne.CanvasObject
	chosen   bool
	hovered  bool
	focused  bool
}

var (
	_ fyne.Tappable     = (*Choice)(nil)
	_ fyne.Focusable    = (*Choice)(nil)
	_ desktop.Hoverable = (*Choice)(nil)
)

// NewChoice makes a choice of content.
func NewChoice(content fyne.CanvasObject, tapped func()) *Choice {
	c := &Choice{OnTapped: tapped, inner: content}
	c.ExtendBaseWidget(c)
	return c
}

// SetChosen marks the choice.
func (c *Choice) SetChosen(on bool) {
	if c.chosen != on {
		c.chosen = on
		c.Refresh()
	}
}

// Chosen reports the mark.
func (c *Choice) Chosen() bool { return c.chosen }

// Tapped implements fyne.Tappable.
func (c *Choice) Tapped(*fyne.PointEvent) {
	if c.OnTapped != nil {
		c.OnTapped()
	}
}

// FocusGained implements fyne.Focusable.
func (c *Choice) FocusGained() { c.focused = true; c.Refresh() }

// FocusLost implements fyne.Focusable.
func (c *Choice) FocusLost() { c.focused = false; c.Refresh() }

// TypedRune implements fyne.Focusable.
func (c *Choice) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (c *Choice) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		c.Tapped(nil)
	}
}

// MouseIn implements desktop.Hoverable.
func (c *Choice) MouseIn(*desktop.MouseEvent) { c.hovered = true; c.Refresh() }

// MouseMoved implements desktop.Hoverable.
func (c *Choice) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (c *Choice) MouseOut() { c.hovered = false; c.Refresh() }

// CreateRenderer implements fyne.Widget.
func (c *Choice) CreateRenderer() fyne.WidgetRenderer {
	r := &choiceRenderer{c: c, ground: canvas.NewRectangle(nil), over: canvas.NewRectangle(nil)}
	r.ground.CornerRadius, r.over.CornerRadius = 8, 8
	if c.Outline {
		r.ground.CornerRadius, r.over.CornerRadius = 12, 12
	}
	r.apply()
	return r
}

type choiceRenderer struct {
	c            *Choice
	ground, over *canvas.Rectangle
}

func (r *choiceRenderer) apply() {
	r.ground.FillColor = color.Transparent
	r.ground.StrokeColor, r.ground.StrokeWidth = color.Transparent, 0
	if r.c.Outline {
		r.ground.FillColor = themed(r.c, theme.ColorSurface)
		r.ground.StrokeColor, r.ground.StrokeWidth = themed(r.c, ftheme.ColorNameSeparator), 1
		if r.c.hovered {
			r.ground.StrokeColor = themed(r.c, ftheme.ColorNamePrimary)
		}
	}
	if r.c.chosen {
		r.ground.FillColor = themed(r.c, theme.ColorSelected)
	}
	if r.c.focused {
		r.ground.StrokeColor, r.ground.StrokeWidth = themed(r.c, ftheme.ColorNamePrimary), 2
	}
	r.over.FillColor = color.Transparent
	if r.c.hovered && !r.c.Outline {
		r.over.FillColor = themed(r.c, ftheme.ColorNameHover)
	}
}

func (r *choiceRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	r.over.Resize(size)
	r.c.inner.Resize(size)
}
func (r *choiceRenderer) MinSize() fyne.Size { return r.c.inner.MinSize() }
func (r *choiceRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.over, r.c.inner}
}
func (r *choiceRenderer) Destroy() {}
func (r *choiceRenderer) Refresh() {
	r.apply()
	r.ground.Refresh()
	r.over.Refresh()
}
