package train

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/session"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// card is the head of the right side: what a training will take, or how far it is.
type card struct {
	content *fyne.Container
	title   *widget.Text
	about   *widget.Paragraph
	figures [4]*figure
	grid    fyne.CanvasObject
	notes   *fyne.Container
	said    []session.Finding
	info    []string
	bar     *widget.Meter
	under   *fyne.Container
	done    *widget.Text
	left    *widget.Text
	look    *fwidget.Button
}

// figure is a number with its name and a note.
type figure struct {
	value, note *widget.Text
	content     fyne.CanvasObject
}

func newFigure(name string) *figure {
	f := &figure{value: widget.NewText("–", ftheme.SizeNameSubHeadingText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}), note: widget.Caption(" ")}
	f.content = widget.Stack(1, widget.Caption(name), f.value, f.note)
	return f
}

func (f *figure) set(value, note string, bad bool) {
	c := ftheme.ColorNameForeground
	if bad {
		c = ftheme.ColorNameError
	}
	f.value.SetColor(c)
	f.value.SetText(value)
	f.note.SetText(note)
}

func newCard(look func()) *card {
	c := &card{title: widget.Section(""), about: widget.Line(""), notes: widget.Stack(-4), bar: widget.NewMeter(), done: widget.Caption(""), left: widget.Caption("").Align(fyne.TextAlignTrailing)}
	c.look = fwidget.NewButtonWithIcon("Look at the decoders", ftheme.SearchIcon(), look)
	c.look.Importance = fwidget.LowImportance
	var list []fyne.CanvasObject
	for i, name := range []string{"Units to train", "Time", "Memory", "Disk"} {
		c.figures[i] = newFigure(name)
		list = append(list, c.figures[i].content)
	}
	c.grid = container.NewGridWithColumns(4, list...)
	c.under = widget.Stack(4, widget.AtLeast(0, 8, c.bar), container.NewBorder(nil, nil, c.done, c.left))
	head := container.NewBorder(nil, nil, container.NewCenter(c.title), c.look, container.NewVBox(layout.NewSpacer(), c.about, layout.NewSpacer()))
	c.content = widget.Stack(6, widget.AtLeast(0, 30, head), c.grid, c.under, c.notes)
	c.look.Hide()
	return c
}

func (c *card) showEstimate(e *vm.Estimates, plan session.TrainPlan, lack string) {
	c.grid.Show()
	c.under.Hide()
	c.look.Hide()
	c.title.SetText("What it will take")
	c.about.SetText("")
	var warnings []session.Finding
	var notes []string
	switch got := e.Estimate(); {
	case got != nil:
		t := vm.TextOf(got, plan.Memory)
		c.figures[0].set(t.Units, t.UnitsNote, false)
		c.figures[1].set(t.Time, t.TimeNote, false)
		c.figures[2].set(t.Memory, t.MemoryNote, false)
		c.figures[3].set(t.Disk, t.DiskNote, t.DiskShort)
		warnings, notes = t.Warnings, t.Notes
	case e.Err() != nil:
		c.blank()
		c.about.SetText("could not be estimated")
		warnings = []session.Finding{{Level: session.Wrong, Text: e.Err().Error(), Do: "Change what the message names; the estimate is made again."}}
	case e.Asking():
		c.blank()
		c.about.SetText("estimating with some units…")
	default:
		c.blank()
		if lack != "" {
			c.about.SetText("estimated once all is chosen")
		}
	}
	c.say(warnings, notes)
	c.content.Refresh()
}

func (c *card) blank() {
	for _, f := range c.figures {
		f.set("–", " ", false)
	}
}

// say shows warnings and notes; the same again cost nothing.
func (c *card) say(warnings []session.Finding, notes []string) {
	if slices.Equal(warnings, c.said) && slices.Equal(notes, c.info) {
		return
	}
	c.said, c.info = warnings, notes
	c.notes.Objects = nil
	for _, w := range warnings {
		c.notes.Add(widget.NewFinding(w))
	}
	for _, n := range notes {
		c.notes.Add(widget.NewInfo(n))
	}
	c.notes.Refresh()
}

var stateTitle = map[vm.State]string{vm.Running: "Training", vm.Paused: "Paused", vm.Cancelling: "Stopping", vm.Finished: "Finished", vm.Cancelled: "Cancelled", vm.Failed: "Stopped by a problem"}

func (c *card) showTraining(t *vm.Training) {
	c.grid.Hide()
	c.under.Show()
	c.say(nil, nil)
	state, p := t.State(), t.Progress()
	c.title.SetText(stateTitle[state])
	about := vm.TrainingText(t.Plan)
	if state == vm.Cancelled || state == vm.Failed {
		about = "what is trained is kept; starting again goes on"
	}
	c.about.SetText(about)
	value := 0.0
	done := p.Stage
	if p.Total > 0 {
		value = float64(p.Done) / float64(p.Total)
		done = vm.ProgressText(t)
		if state == vm.Running && p.Stage != "" {
			done += " · " + p.Stage
		}
	}
	c.bar.Set(value)
	c.done.SetText(done)
	left := []string{vm.Clock(p.Elapsed) + " elapsed"}
	if s := vm.Left(p.ETA); s != "" && state == vm.Running {
		left = append(left, s)
	}
	c.left.SetText(strings.Join(left, " · "))
	if t.Any() {
		c.look.Show()
	} else {
		c.look.Hide()
	}
	c.content.Refresh()
}

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
