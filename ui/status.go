package ui

import (
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/job"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// statusBar is the line at the bottom: what is going on, how far it is, how
// long it will take, and what computes.
type statusBar struct {
	content            fyne.CanvasObject
	stage, count, time *widget.Text
	bar                *fwidget.ProgressBar
	room               fyne.CanvasObject // of bar
	device             *widget.Text
}

func newStatusBar(device string) *statusBar {
	s := &statusBar{stage: widget.Caption("Ready"), count: widget.Caption(""), time: widget.Caption(""), device: widget.Caption(device), bar: fwidget.NewProgressBar()}
	s.bar.TextFormatter = func() string { return "" }
	s.room = container.NewCenter(container.New(fixed{fyne.NewSize(180, 8)}, s.bar))
	left := container.NewHBox(widget.Space(8, 0), s.stage, widget.Space(4, 0), s.room, widget.Space(4, 0), s.count, widget.Space(8, 0), s.time)
	right := container.NewHBox(s.device, widget.Space(8, 0))
	line := canvas.NewRectangle(color.Transparent)
	line.SetMinSize(fyne.NewSize(0, 26))
	s.content = container.NewBorder(fwidget.NewSeparator(), nil, nil, nil, container.NewStack(line, container.NewBorder(nil, nil, left, right)))
	s.idle("Ready")
	return s
}

// setDevice shows what computes now.
func (s *statusBar) setDevice(name string) {
	if s.device.Text() != name {
		s.device.SetText(name)
		s.content.Refresh()
	}
}

// idle shows that nothing is going on.
func (s *statusBar) idle(text string) {
	s.stage.SetText(text)
	s.room.Hide()
	s.count.SetText("")
	s.time.SetText("")
}

// show shows progress; count replaces its step count where not empty.
func (s *statusBar) show(p job.Progress, state, count string) {
	stage := p.Stage
	if state != "" {
		stage = state
	}
	s.stage.SetText(stage)
	if p.Total > 0 {
		s.room.Show()
		if v := float64(p.Done) / float64(p.Total); v != s.bar.Value {
			s.bar.SetValue(v)
		}
		if count == "" {
			count = fmt.Sprintf("%d / %d", p.Done, p.Total)
		}
	} else {
		s.room.Hide()
	}
	s.count.SetText(count)
	t := vm.Clock(p.Elapsed) + " elapsed"
	if left := vm.Left(p.ETA); left != "" && state == "" {
		t += " · " + left
	}
	s.time.SetText(t)
}

// showRun shows a reconstruction.
func (s *statusBar) showRun(r *vm.Run) {
	count := fmt.Sprintf("iteration %d / %d", r.Iteration(), r.Iterations())
	switch r.State() {
	case vm.Running:
		s.show(r.Progress(), "", count)
	case vm.Paused:
		s.show(r.Progress(), "paused", count)
	case vm.Cancelling:
		s.show(r.Progress(), "stopping", count)
	case vm.Finished:
		s.idle("Finished · " + count + " · took " + vm.Clock(r.Progress().Elapsed))
	case vm.Cancelled:
		s.idle("Cancelled · " + count + " · the images so far are kept")
	case vm.Failed:
		s.idle("Stopped by a problem · " + count)
	}
}

// showTraining shows a training of decoders.
func (s *statusBar) showTraining(t *vm.Training) {
	p := t.Progress()
	count := vm.ProgressText(t)
	switch t.State() {
	case vm.Running:
		p.Stage = "train decoders"
		s.show(p, "", count)
	case vm.Paused:
		s.show(p, "paused", count)
	case vm.Cancelling:
		s.show(p, "stopping", count)
	case vm.Finished:
		s.idle("Finished · " + count + " · took " + vm.Clock(p.Elapsed))
	case vm.Cancelled:
		s.idle("Cancelled · " + count + " · what is trained is kept")
	case vm.Failed:
		s.idle("Stopped by a problem · " + count + " · what is trained is kept")
	}
}

type fixed struct{ size fyne.Size }

func (f fixed) MinSize([]fyne.CanvasObject) fyne.Size { return f.size }
func (f fixed) Layout(o []fyne.CanvasObject, size fyne.Size) {
	for _, c := range o {
		c.Resize(f.size)
	}
}
