package batch

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

// card is the head of the right side: what a batch will take, or how far it is.
type card struct {
	content  *fyne.Container
	title    *widget.Text
	about    *widget.Paragraph
	figures  [4]*figure
	grid     fyne.CanvasObject
	notes    *fyne.Container
	said     []session.Finding
	info     []string
	bar      *widget.Meter
	under    *fyne.Container
	done     *widget.Text
	left     *widget.Text
	evaluate *fwidget.Button
	can      bool   // there is a place to evaluate
	fit      func() // lays out what holds the card, whose height changed
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

func newCard(evaluate func(), can bool) *card {
	c := &card{fit: func() {}, can: can, title: widget.Section(""), about: widget.Line(""), notes: widget.Stack(-4), bar: widget.NewMeter(), done: widget.Caption(""), left: widget.Caption("").Align(fyne.TextAlignTrailing)}
	c.evaluate = fwidget.NewButtonWithIcon("Evaluate", ftheme.SearchIcon(), evaluate)
	c.evaluate.Importance = fwidget.LowImportance
	var list []fyne.CanvasObject
	for i, name := range []string{"Images to make", "Time", "Memory", "Disk"} {
		c.figures[i] = newFigure(name)
		list = append(list, c.figures[i].content)
	}
	c.grid = container.NewGridWithColumns(4, list...)
	c.under = widget.Stack(4, widget.AtLeast(0, 8, c.bar), container.NewBorder(nil, nil, c.done, c.left))
	head := container.NewBorder(nil, nil, container.NewCenter(c.title), c.evaluate, container.NewVBox(layout.NewSpacer(), c.about, layout.NewSpacer()))
	c.content = widget.Stack(6, widget.AtLeast(0, 30, head), c.grid, c.under, c.notes)
	c.evaluate.Hide()
	return c
}

func (c *card) showEstimate(e *vm.BatchEstimates, spec session.BatchSpec, lack string, f *vm.BatchForm) {
	c.turn(true)
	c.evaluate.Hide()
	c.title.SetText("What it will take")
	about := ""
	if f.Loaded == nil {
		_, about = f.Count()
	} else {
		about = "goes on with the batch of this folder"
	}
	var warnings []session.Finding
	var notes []string
	switch got := e.Estimate(); {
	case got != nil:
		t := vm.TextOfBatch(got, spec.Memory)
		c.figures[0].set(t.Images, t.ImagesNote, false)
		c.figures[1].set(t.Time, t.TimeNote, false)
		c.figures[2].set(t.Memory, t.MemoryNote, false)
		c.figures[3].set(t.Disk, t.DiskNote, t.DiskShort)
		warnings, notes = t.Warnings, t.Notes
	case e.Err() != nil:
		c.blank()
		warnings = []session.Finding{{Level: session.Wrong, Text: e.Err().Error(), Do: "Change what the message names; the estimate is made again."}}
	case e.Asking():
		c.blank()
		about += " · estimating with some iterations…"
	default:
		c.blank()
	}
	c.about.SetText(about)
	c.say(warnings, notes)
	c.content.Refresh()
}

// turn shows the figures of an estimate, or the bar of a batch.
func (c *card) turn(estimate bool) {
	if estimate == c.grid.Visible() && estimate != c.under.Visible() {
		return
	}
	if estimate {
		c.grid.Show()
		c.under.Hide()
	} else {
		c.grid.Hide()
		c.under.Show()
	}
	c.fit()
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
	c.fit()
}

var stateTitle = map[vm.State]string{vm.Running: "Reconstructing", vm.Paused: "Paused", vm.Cancelling: "Stopping", vm.Finished: "Finished", vm.Cancelled: "Cancelled", vm.Failed: "Stopped by a problem"}

func (c *card) showRun(r *vm.BatchRun, v vm.BatchView) {
	c.turn(false)
	c.say(nil, nil)
	state, p := r.State(), r.Progress()
	c.title.SetText(stateTitle[state])
	about := ""
	switch {
	case state == vm.Cancelled || state == vm.Failed:
		about = "finished images are kept; starting again goes on"
	case state == vm.Finished && v.Made == 0:
		about = "all images were there already"
	case state == vm.Finished:
		about = "in " + r.Out
	case state == vm.Running:
		about = p.Stage
	}
	c.about.SetText(about)
	c.bar.Set(v.Fraction)
	c.done.SetText(vm.BatchProgressText(v))
	left := []string{vm.Clock(p.Elapsed) + " elapsed"}
	if state == vm.Finished {
		left[0] = "took " + vm.Clock(p.Elapsed)
	}
	if s := vm.Left(p.ETA); s != "" && state == vm.Running {
		left = append(left, s)
	}
	c.left.SetText(strings.Join(left, " · "))
	if c.can && state == vm.Finished {
		c.evaluate.Show()
	} else {
		c.evaluate.Hide()
	}
	c.content.Refresh()
}
