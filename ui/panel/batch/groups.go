package batch

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/session"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// groups are the images by subject, session, region, layer set and prior: what will be made, or how far it is.
type groups struct {
	content fyne.CanvasObject
	list    *fwidget.List
	none    *widget.Paragraph
	shown   []session.BatchGroup
	active  int
	at      string // group last scrolled to
}

func newGroups() *groups {
	g := &groups{active: -1, none: widget.Note("")}
	g.list = fwidget.NewList(func() int { return len(g.shown) }, func() fyne.CanvasObject { return newRow() }, func(i int, o fyne.CanvasObject) {
		o.(*row).set(g.shown[i], i == g.active)
	})
	g.list.HideSeparators = true
	g.list.OnSelected = func(i int) { g.list.Unselect(i) }
	head := newRow()
	head.title()
	g.content = container.NewStack(container.NewBorder(widget.Stack(0, widget.Space(0, 4), head, fwidget.NewSeparator()), nil, nil, nil, g.list),
		container.NewCenter(widget.AtLeast(400, 0, g.none)))
	return g
}

func (g *groups) set(list []session.BatchGroup, active int, none string) {
	g.shown, g.active = list, active
	g.none.SetText(none)
	g.list.Refresh()
}

const how = "1  Choose subjects, sessions, regions and layer sets on the left.\n2  Choose a folder for the results.\n3  See here what it will take, and press Start, or Ctrl+Enter."

func (g *groups) showEstimate(e *vm.BatchEstimates, lack string) {
	var list []session.BatchGroup
	none := ""
	switch got := e.Estimate(); {
	case got != nil:
		list = got.Groups
	case lack != "":
		none = how
	case e.Asking():
		none = "Some iterations are computed on trial, to see how long all will take."
	}
	g.set(list, -1, none)
}

func (g *groups) showRun(v vm.BatchView, active bool) {
	none := ""
	if len(v.Groups) == 0 && active {
		none = "The subjects' data are being read."
	}
	g.set(v.Groups, v.Active, none)
	if v.Active >= 0 && v.Groups[v.Active].Path != g.at {
		g.at = v.Groups[v.Active].Path
		g.list.ScrollTo(v.Active)
	}
}

// row is one line: whose images, how, a bar, how many.
type row struct {
	fwidget.BaseWidget
	who, how, done *fwidget.Label
	bar            *widget.Meter
}

func newRow() *row {
	r := &row{who: fwidget.NewLabel(""), how: fwidget.NewLabel(""), done: fwidget.NewLabel(""), bar: widget.NewMeter()}
	for _, l := range []*fwidget.Label{r.who, r.how, r.done} {
		l.SizeName = ftheme.SizeNameCaptionText
		l.Truncation = fyne.TextTruncateEllipsis
	}
	r.done.Alignment = fyne.TextAlignTrailing
	r.ExtendBaseWidget(r)
	return r
}

func (r *row) title() {
	for l, s := range map[*fwidget.Label]string{r.who: "Subject · region · session", r.how: "Layers · way", r.done: "Images"} {
		l.TextStyle.Bold = true
		l.Importance = fwidget.LowImportance
		l.SetText(s)
	}
	r.bar.Hide()
}

func (r *row) set(g session.BatchGroup, active bool) {
	text := func(l *fwidget.Label, s string) {
		if l.Text != s || l.TextStyle.Bold != active {
			l.TextStyle.Bold = active
			l.SetText(s)
		}
	}
	who, how := vm.BatchGroupText(g)
	text(r.who, who)
	text(r.how, how)
	text(r.done, vm.Count(g.Done, "")+" / "+vm.Count(g.Images, ""))
	r.bar.Set(float64(g.Done) / float64(max(g.Images, 1)))
}

// CreateRenderer implements fyne.Widget.
func (r *row) CreateRenderer() fyne.WidgetRenderer {
	return fwidget.NewSimpleRenderer(&fyne.Container{Layout: columns{}, Objects: []fyne.CanvasObject{r.who, r.how, r.bar, r.done}})
}

// columns gives the bar what the others leave.
type columns struct{}

const (
	whoWidth, howWidth, doneWidth = 300, 150, 90
	rowHeight                     = 22
)

func (columns) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(whoWidth+howWidth+doneWidth+40, rowHeight)
}

func (columns) Layout(o []fyne.CanvasObject, size fyne.Size) {
	bar := max(size.Width-whoWidth-howWidth-doneWidth, 0)
	x := float32(0)
	for i, w := range []float32{whoWidth, howWidth, bar, doneWidth} {
		h := o[i].MinSize().Height
		if i == 2 {
			h = 6
		}
		o[i].Resize(fyne.NewSize(w, h))
		o[i].Move(fyne.NewPos(x, (size.Height-h)/2))
		x += w
	}
}
