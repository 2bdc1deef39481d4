package widget

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/theme"
)

// MatrixLayout is the measure of a matrix of pictures: a name, then columns, the first for the original.
type MatrixLayout struct {
	Name, Side, Gap float32
	Columns         int // with the original's
}

// X is where a column begins.
func (l MatrixLayout) X(column int) float32 {
	x := l.Name + float32(column)*(l.Side+l.Gap)
	if column > 0 {
		x += 2 * l.Gap // apart from the original
	}
	return x
}

// Width of a row.
func (l MatrixLayout) Width() float32 { return l.X(l.Columns) }

// MatrixRow is a row of a matrix of pictures. Lists reuse it, so everything is set each time.
type MatrixRow struct {
	fwidget.BaseWidget
	Index   int // of the row that it shows
	Chose   func(row, column int)
	Hovered func(row, column int) // column −1 is none

	layout   MatrixLayout
	name     *fwidget.Label
	about    *canvas.Text
	pictures []*Picture
	frames   []*canvas.Rectangle
	hover    int
}

// NewMatrixRow makes an empty row.
func NewMatrixRow(l MatrixLayout) *MatrixRow {
	r := &MatrixRow{layout: l, name: fwidget.NewLabel(""), about: canvas.NewText("", nil), hover: -1}
	r.name.Truncation = fyne.TextTruncateEllipsis
	for range l.Columns {
		r.pictures = append(r.pictures, NewPicture(l.Side, ""))
		f := canvas.NewRectangle(color.Transparent)
		f.StrokeWidth, f.CornerRadius = 2.5, 4
		f.Hide()
		r.frames = append(r.frames, f)
	}
	r.ExtendBaseWidget(r)
	return r
}

// Set names the row.
func (r *MatrixRow) Set(index int, name, about string) {
	r.Index = index
	r.name.SetText(name)
	if r.about.Text != about {
		r.about.Text = about
		r.about.Refresh()
	}
}

// SetPicture shows a picture in a column, or a word in place of it.
func (r *MatrixRow) SetPicture(column int, m *image.NRGBA, empty string) {
	p := r.pictures[column]
	if p.Empty != empty {
		p.Empty = empty
		p.Refresh()
	}
	p.SetImage(m)
}

// Mark frames a column: chosen, pinned, or neither.
func (r *MatrixRow) Mark(column int, chosen, pinned bool) {
	f := r.frames[column]
	if !chosen && !pinned {
		f.Hide()
		return
	}
	name := ftheme.ColorNamePrimary
	if !chosen {
		name = ftheme.ColorNameWarning
	}
	f.StrokeColor = themed(r, name)
	f.Show()
	f.Refresh()
}

func (r *MatrixRow) column(x float32) int {
	for c := range r.layout.Columns {
		if at := r.layout.X(c); x >= at && x < at+r.layout.Side {
			return c
		}
	}
	return -1
}

// Tapped implements fyne.Tappable.
func (r *MatrixRow) Tapped(e *fyne.PointEvent) {
	if c := r.column(e.Position.X); c >= 0 && r.Chose != nil {
		r.Chose(r.Index, c)
	}
}

// MouseIn implements desktop.Hoverable.
func (r *MatrixRow) MouseIn(e *desktop.MouseEvent) { r.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (r *MatrixRow) MouseMoved(e *desktop.MouseEvent) {
	if c := r.column(e.Position.X); c != r.hover {
		r.hover = c
		if r.Hovered != nil {
			r.Hovered(r.Index, c)
		}
	}
}

// MouseOut implements desktop.Hoverable.
func (r *MatrixRow) MouseOut() {
	r.hover = -1
	if r.Hovered != nil {
		r.Hovered(r.Index, -1)
	}
}

// CreateRenderer implements fyne.Widget.
func (r *MatrixRow) CreateRenderer() fyne.WidgetRenderer { return &matrixRowRenderer{r} }

type matrixRowRenderer struct{ r *MatrixRow }

func (m *matrixRowRenderer) Layout(fyne.Size) {
	l := m.r.layout
	m.r.name.Move(fyne.NewPos(-4, l.Side/2-22))
	m.r.name.Resize(fyne.NewSize(l.Name, 26))
	m.r.about.Move(fyne.NewPos(4, l.Side/2+2))
	for i := range m.r.pictures {
		m.r.pictures[i].Move(fyne.NewPos(l.X(i), l.Gap/2))
		m.r.pictures[i].Resize(fyne.NewSquareSize(l.Side))
		m.r.frames[i].Move(fyne.NewPos(l.X(i)-1, l.Gap/2-1))
		m.r.frames[i].Resize(fyne.NewSquareSize(l.Side + 2))
	}
}

func (m *matrixRowRenderer) MinSize() fyne.Size {
	return fyne.NewSize(m.r.layout.Width(), m.r.layout.Side+m.r.layout.Gap)
}

func (m *matrixRowRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{m.r.name, m.r.about}
	for i := range m.r.pictures {
		out = append(out, m.r.pictures[i], m.r.frames[i])
	}
	return out
}
func (m *matrixRowRenderer) Destroy() {}
func (m *matrixRowRenderer) Refresh() {
	m.r.about.Color = themed(m.r, theme.ColorMuted)
	m.r.about.TextSize = ftheme.CurrentForWidget(m.r).Size(ftheme.SizeNameCaptionText)
	m.r.name.Refresh()
	m.r.about.Refresh()
	for _, p := range m.r.pictures {
		p.Refresh()
	}
}
