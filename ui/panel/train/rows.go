package train

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/vm"
	"reverie/ui/widget"
)

// rows are the decoders of each layer and region: what will be trained, or how far it is.
type rows struct {
	content fyne.CanvasObject
	list    *fwidget.List
	none    *widget.Paragraph
	shown   []vm.TrainRow
	active  int
	layer   string // last scrolled to
}

func newRows() *rows {
	r := &rows{active: -1, none: widget.Note("")}
	r.list = fwidget.NewList(func() int { return len(r.shown) }, func() fyne.CanvasObject { return newRow() }, func(i int, o fyne.CanvasObject) {
		o.(*row).set(r.shown[i], i == r.active)
	})
	r.list.HideSeparators = true
	r.list.OnSelected = func(i int) { r.list.Unselect(i) }
	head := newRow()
	head.title()
	r.content = container.NewStack(container.NewBorder(widget.Stack(0, widget.Space(0, 4), head, fwidget.NewSeparator()), nil, nil, nil, r.list),
		container.NewCenter(widget.AtLeast(400, 0, r.none)))
	return r
}

func (r *rows) reset() { r.layer = "" }

func (r *rows) set(list []vm.TrainRow, active int, none string) {
	r.shown, r.active = list, active
	r.none.SetText(none)
	r.list.Refresh()
}

const how = "1  Choose session, regions and layers on the left.\n2  Choose a folder for the decoders.\n3  See here what it will take, and press Start, or Ctrl+Enter."

func (r *rows) showEstimate(e *vm.Estimates, lack string) {
	var list []vm.TrainRow
	none := ""
	switch got := e.Estimate(); {
	case got != nil:
		for _, p := range got.Parts {
			list = append(list, vm.TrainRow{TrainPart: p})
		}
	case lack != "":
		none = how
	case e.Asking():
		none = "Some units are trained on trial, to see how long all will take."
	}
	r.set(list, -1, none)
}

func (r *rows) showTraining(t *vm.Training) {
	list, active := t.Rows()
	none := ""
	if len(list) == 0 {
		none = "The samples are being read."
	}
	r.set(list, active, none)
	if active >= 0 && list[active].Layer != r.layer {
		r.layer = list[active].Layer
		r.list.ScrollTo(active)
	}
}

// row is one line: layer, region, a bar, units, units in a second.
type row struct {
	fwidget.BaseWidget
	layer, roi, done, rate *fwidget.Label
	bar                    *widget.Meter
}

func newRow() *row {
	r := &row{layer: fwidget.NewLabel(""), roi: fwidget.NewLabel(""), done: fwidget.NewLabel(""), rate: fwidget.NewLabel(""), bar: widget.NewMeter()}
	for _, l := range []*fwidget.Label{r.layer, r.roi, r.done, r.rate} {
		l.SizeName = ftheme.SizeNameCaptionText
		l.Truncation = fyne.TextTruncateEllipsis
	}
	r.done.Alignment, r.rate.Alignment = fyne.TextAlignTrailing, fyne.TextAlignTrailing
	r.ExtendBaseWidget(r)
	return r
}

func (r *row) title() {
	for l, s := range map[*fwidget.Label]string{r.layer: "Layer", r.roi: "Region · voxels", r.done: "Units trained", r.rate: "Units / s"} {
		l.TextStyle.Bold = true
		l.Importance = fwidget.LowImportance
		l.SetText(s)
	}
	r.bar.Hide()
}

func (r *row) set(v vm.TrainRow, active bool) {
	text := func(l *fwidget.Label, s string) {
		if l.Text != s || l.TextStyle.Bold != active {
			l.TextStyle.Bold = active
			l.SetText(s)
		}
	}
	text(r.layer, v.Layer)
	text(r.roi, vm.PartText(v.TrainPart))
	text(r.done, vm.Count(v.Done, "")+" / "+vm.Count(v.Units, ""))
	rate := ""
	if v.PerSecond > 0 {
		rate = vm.Rate(v.PerSecond)
	}
	text(r.rate, rate)
	r.bar.Set(float64(v.Done) / float64(max(v.Units, 1)))
}

// CreateRenderer implements fyne.Widget.
func (r *row) CreateRenderer() fyne.WidgetRenderer {
	return fwidget.NewSimpleRenderer(&fyne.Container{Layout: columns{}, Objects: []fyne.CanvasObject{r.layer, r.roi, r.bar, r.done, r.rate}})
}

// columns gives the bar what the others leave.
type columns struct{}

const (
	layerWidth, roiWidth, doneWidth, rateWidth = 72, 124, 136, 94
	rowHeight                                  = 22
)

func (columns) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(layerWidth+roiWidth+doneWidth+rateWidth+40, rowHeight)
}

func (columns) Layout(o []fyne.CanvasObject, size fyne.Size) {
	bar := max(size.Width-layerWidth-roiWidth-doneWidth-rateWidth, 0)
	x := float32(0)
	for i, w := range []float32{layerWidth, roiWidth, bar, doneWidth, rateWidth} {
		h := o[i].MinSize().Height
		if i == 2 {
			h = 6
		}
		o[i].Resize(fyne.NewSize(w, h))
		o[i].Move(fyne.NewPos(x, (size.Height-h)/2))
		x += w
	}
}
