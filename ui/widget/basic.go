// Package widget holds the widgets that the panels share: surfaces, badges,
// pictures, thumbnails, the loss chart. They show what they are given and call
// back; they know nothing of sessions or engines.
package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/theme"
)

func themed(w fyne.Widget, name fyne.ThemeColorName) color.Color {
	v := fyne.CurrentApp().Settings().ThemeVariant()
	return ftheme.CurrentForWidget(w).Color(name, v)
}

// Surface is a rounded ground under content, in a colour of the theme.
type Surface struct {
	fwidget.BaseWidget
	Name   fyne.ThemeColorName
	Radius float32
	inner  fyne.CanvasObject
}

// NewSurface puts content, with padding, on a ground.
func NewSurface(name fyne.ThemeColorName, radius, padding float32, content fyne.CanvasObject) *Surface {
	s := &Surface{Name: name, Radius: radius, inner: Pad(padding, content)}
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer implements fyne.Widget.
func (s *Surface) CreateRenderer() fyne.WidgetRenderer {
	r := &surfaceRenderer{s: s}
	for i := range r.parts {
		r.parts[i] = canvas.NewRectangle(color.Transparent)
	}
	r.parts[3].TopLeftCornerRadius = s.Radius
	r.parts[4].TopRightCornerRadius = s.Radius
	r.parts[5].BottomLeftCornerRadius = s.Radius
	r.parts[6].BottomRightCornerRadius = s.Radius
	r.apply()
	return r
}

// surfaceRenderer draws the ground as three plain rectangles and four corners:
// without a graphics card a large rounded rectangle costs more than all else.
type surfaceRenderer struct {
	s     *Surface
	parts [7]*canvas.Rectangle // middle, left, right, then the corners
}

func (r *surfaceRenderer) apply() {
	for _, p := range r.parts {
		p.FillColor = themed(r.s, r.s.Name)
	}
}

func (r *surfaceRenderer) Layout(size fyne.Size) {
	c := min(r.s.Radius, size.Width/2, size.Height/2)
	w, h := size.Width, size.Height
	for i, b := range [7][4]float32{
		{c, 0, w - 2*c, h}, {0, c, c, h - 2*c}, {w - c, c, c, h - 2*c},
		{0, 0, c, c}, {w - c, 0, c, c}, {0, h - c, c, c}, {w - c, h - c, c, c},
	} {
		r.parts[i].Move(fyne.NewPos(b[0], b[1]))
		r.parts[i].Resize(fyne.NewSize(b[2], b[3]))
	}
	r.s.inner.Resize(size)
}
func (r *surfaceRenderer) MinSize() fyne.Size { return r.s.inner.MinSize() }
func (r *surfaceRenderer) Objects() []fyne.CanvasObject {
	var o []fyne.CanvasObject
	for _, p := range r.parts {
		o = append(o, p)
	}
	return append(o, r.s.inner)
}
func (r *surfaceRenderer) Destroy() {}
func (r *surfaceRenderer) Refresh() {
	r.apply()
	for _, p := range r.parts {
		p.Refresh()
	}
	r.s.inner.Refresh()
}

// Text is one line in a size and colour of the theme.
type Text struct {
	fwidget.BaseWidget
	text  *canvas.Text
	size  fyne.ThemeSizeName
	color fyne.ThemeColorName
}

// NewText makes a line of text.
func NewText(s string, size fyne.ThemeSizeName, color fyne.ThemeColorName, style fyne.TextStyle) *Text {
	t := &Text{text: canvas.NewText(s, nil), size: size, color: color}
	t.text.TextStyle = style
	t.ExtendBaseWidget(t)
	t.apply()
	return t
}

// Heading is the title of a panel.
func Heading(s string) *Text {
	return NewText(s, ftheme.SizeNameHeadingText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true})
}

// Section is the title of a part.
func Section(s string) *Text {
	return NewText(s, ftheme.SizeNameText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true})
}

// Caption is a small secondary line.
func Caption(s string) *Text {
	return NewText(s, ftheme.SizeNameCaptionText, theme.ColorMuted, fyne.TextStyle{})
}

// SetText changes the line.
func (t *Text) SetText(s string) {
	if t.text.Text == s {
		return
	}
	t.text.Text = s
	t.Refresh()
}

// Text is the line.
func (t *Text) Text() string { return t.text.Text }

// SetColor changes the colour.
func (t *Text) SetColor(c fyne.ThemeColorName) {
	if t.color != c {
		t.color = c
		t.Refresh()
	}
}

// Align sets the alignment and returns t.
func (t *Text) Align(a fyne.TextAlign) *Text {
	t.text.Alignment = a
	return t
}

func (t *Text) apply() {
	t.text.TextSize = ftheme.CurrentForWidget(t).Size(t.size)
	t.text.Color = themed(t, t.color)
}

// Refresh implements fyne.Widget.
func (t *Text) Refresh() {
	t.apply()
	t.BaseWidget.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (t *Text) CreateRenderer() fyne.WidgetRenderer {
	t.apply()
	return fwidget.NewSimpleRenderer(t.text)
}

// NewBadge is a short word on a coloured ground.
func NewBadge(s string) fyne.CanvasObject {
	t := NewText(s, ftheme.SizeNameCaptionText, theme.ColorOnBadge, fyne.TextStyle{Bold: true})
	return NewSurface(theme.ColorBadge, 9, 0, container.New(padded{h: 8, v: 2}, t))
}

// Paragraph is wrapped text in secondary colour.
type Paragraph struct {
	fwidget.RichText
	segment *fwidget.TextSegment
}

// Note makes a paragraph.
func Note(s string) *Paragraph {
	p := &Paragraph{segment: &fwidget.TextSegment{Text: s, Style: fwidget.RichTextStyle{ColorName: theme.ColorMuted, SizeName: ftheme.SizeNameText}}}
	p.Segments = []fwidget.RichTextSegment{p.segment}
	p.Wrapping = fyne.TextWrapWord
	p.Scroll = fyne.ScrollNone
	p.ExtendBaseWidget(p)
	return p
}

// Line is a small secondary line that is cut where there is no room for it.
func Line(s string) *Paragraph {
	p := Note(s)
	p.segment.Style.SizeName = ftheme.SizeNameCaptionText
	p.Wrapping, p.Truncation = fyne.TextWrapOff, fyne.TextTruncateEllipsis
	return p
}

// Help is a small wrapped text below a control.
func Help(s string) fyne.CanvasObject {
	p := Note(s)
	p.segment.Style.SizeName = ftheme.SizeNameCaptionText
	return PadHV(-7, -6, p)
}

// SetText changes the paragraph.
func (p *Paragraph) SetText(s string) {
	if p.segment.Text != s {
		p.segment.Text = s
		p.Refresh()
	}
}

// Text is what the paragraph says.
func (p *Paragraph) Text() string { return p.segment.Text }

// Centre centres the lines and returns p.
func (p *Paragraph) Centre() *Paragraph {
	p.segment.Style.Alignment = fyne.TextAlignCenter
	return p
}
