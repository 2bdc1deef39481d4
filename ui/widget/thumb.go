package widget

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"
)

// Thumb is a cell of a thumbnail grid: a picture, a label of one line, and a
// mark when it is chosen. Grids reuse it, so every property is set each time.
type Thumb struct {
	fwidget.BaseWidget
	Side    float32
	Wanted  any // what the cell stands for, so that a late picture can check
	chosen  bool
	picture *Picture
	label   *fwidget.Label
}

// NewThumb makes a cell with a picture of a side.
func NewThumb(side float32) *Thumb {
	t := &Thumb{Side: side, picture: NewPicture(side, "no picture"), label: fwidget.NewLabel("")}
	t.label.Truncation = fyne.TextTruncateEllipsis
	t.label.SizeName = ftheme.SizeNameCaptionText
	t.label.Alignment = fyne.TextAlignCenter
	t.ExtendBaseWidget(t)
	return t
}

// Set gives the cell its meaning. The picture is empty until SetImage.
func (t *Thumb) Set(wanted any, label string, chosen bool) {
	t.Wanted = wanted
	t.label.SetText(label)
	if t.chosen != chosen {
		t.chosen = chosen
		t.Refresh()
	}
}

// SetImage shows a picture, or empty in place of one.
func (t *Thumb) SetImage(m *image.NRGBA, empty string) {
	t.picture.Empty = empty
	t.picture.SetImage(m)
	if m == nil {
		t.picture.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (t *Thumb) CreateRenderer() fyne.WidgetRenderer {
	r := &thumbRenderer{t: t, frame: canvas.NewRectangle(color.Transparent), disc: canvas.NewCircle(nil), tick: canvas.NewText("✓", nil)}
	r.frame.CornerRadius, r.frame.StrokeWidth = 6, 2.5
	r.tick.Alignment, r.tick.TextSize, r.tick.TextStyle.Bold = fyne.TextAlignCenter, 11, true
	r.apply()
	return r
}

type thumbRenderer struct {
	t     *Thumb
	frame *canvas.Rectangle
	disc  *canvas.Circle
	tick  *canvas.Text
}

const thumbLabel = 20

func (r *thumbRenderer) apply() {
	r.frame.StrokeColor = themed(r.t, ftheme.ColorNamePrimary)
	r.disc.FillColor = themed(r.t, ftheme.ColorNamePrimary)
	r.tick.Color = themed(r.t, ftheme.ColorNameForegroundOnPrimary)
	for _, o := range []fyne.CanvasObject{r.frame, r.disc, r.tick} {
		if r.t.chosen {
			o.Show()
		} else {
			o.Hide()
		}
	}
}

func (r *thumbRenderer) Layout(size fyne.Size) {
	side := r.t.Side
	x := (size.Width - side) / 2
	r.t.picture.Move(fyne.NewPos(x, 4))
	r.t.picture.Resize(fyne.NewSquareSize(side))
	r.frame.Move(fyne.NewPos(x-3, 1))
	r.frame.Resize(fyne.NewSquareSize(side + 6))
	r.disc.Move(fyne.NewPos(x+side-17, 5))
	r.disc.Resize(fyne.NewSquareSize(16))
	r.tick.Move(fyne.NewPos(x+side-17, 5))
	r.tick.Resize(fyne.NewSquareSize(16))
	r.t.label.Move(fyne.NewPos(-2, side+1))
	r.t.label.Resize(fyne.NewSize(size.Width+4, thumbLabel))
}
func (r *thumbRenderer) MinSize() fyne.Size { return fyne.NewSize(r.t.Side+8, r.t.Side+6+thumbLabel) }
func (r *thumbRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.t.picture, r.t.label, r.frame, r.disc, r.tick}
}
func (r *thumbRenderer) Destroy() {}
func (r *thumbRenderer) Refresh() {
	r.apply()
	r.t.picture.Refresh()
	r.t.label.Refresh()
	r.frame.Refresh()
	r.disc.Refresh()
	r.tick.Refresh()
}
