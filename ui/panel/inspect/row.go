package inspect

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/vm"
	"reverie/ui/widget"
)

// The columns to the right of the name, from the right edge: they stay in line
// however deep the name stands.
const (
	shapeWidth = 150
	typeWidth  = 120
	valueWidth = 340
	lineHeight = 22
)

// row is a line of the tree: name, shape, type, first values.
type row struct {
	fwidget.BaseWidget
	cells [4]*fwidget.Label
}

func newRow() *row {
	r := &row{}
	for i := range r.cells {
		l := fwidget.NewLabel("")
		l.Truncation = fyne.TextTruncateEllipsis
		l.SizeName = ftheme.SizeNameCaptionText
		r.cells[i] = l
	}
	r.cells[0].SizeName = ftheme.SizeNameText
	r.cells[3].TextStyle.Monospace = true
	r.ExtendBaseWidget(r)
	return r
}

func (r *row) set(v *vm.Row) {
	values := v.Preview
	if v.Note != "" {
		if values != "" {
			values += "   "
		}
		values += v.Note
	}
	for i, s := range []string{v.Name, v.Shape, v.Type, values} {
		if r.cells[i].Text != s {
			r.cells[i].SetText(s)
		}
	}
}

// CreateRenderer implements fyne.Widget.
func (r *row) CreateRenderer() fyne.WidgetRenderer {
	return fwidget.NewSimpleRenderer(&fyne.Container{Layout: columns{}, Objects: []fyne.CanvasObject{r.cells[0], r.cells[1], r.cells[2], r.cells[3]}})
}

// columns lays out a line from its right edge.
type columns struct{}

func (columns) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(500, lineHeight) }

func (columns) Layout(o []fyne.CanvasObject, size fyne.Size) {
	x := max(size.Width-valueWidth-typeWidth-shapeWidth, 80)
	at := []float32{0, x, x + shapeWidth, x + shapeWidth + typeWidth}
	width := []float32{x, shapeWidth, typeWidth, valueWidth}
	for i, c := range o {
		h := c.MinSize().Height
		c.Resize(fyne.NewSize(width[i], h))
		c.Move(fyne.NewPos(at[i], (size.Height-h)/2))
	}
}

// header names the columns.
func header() fyne.CanvasObject {
	r := newRow()
	for i, s := range []string{"Name", "Shape", "Type", "First values"} {
		r.cells[i].SetText(s)
		r.cells[i].SizeName = ftheme.SizeNameCaptionText
		r.cells[i].TextStyle = fyne.TextStyle{Bold: true}
		r.cells[i].Importance = fwidget.LowImportance
	}
	return r
}

// fact is a line about the file: a name and a text, which may take several lines.
func fact(name, text string) fyne.CanvasObject {
	n, t := fwidget.NewLabel(name), fwidget.NewLabel(text)
	n.SizeName, t.SizeName = ftheme.SizeNameCaptionText, ftheme.SizeNameCaptionText
	n.TextStyle.Bold = true
	n.Truncation = fyne.TextTruncateEllipsis
	t.Wrapping = fyne.TextWrapWord
	return container.NewBorder(nil, nil, container.NewVBox(widget.AtLeast(170, 0, n)), nil, t)
}
