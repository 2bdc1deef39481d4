// Package train is the panel that trains decoders: choose what to train and how,
// see what it will take, start, and follow layer by layer while the accuracy
// comes in.
package train

import (
	"fmt"
	"reflect"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/session"
	"reverie/ui/theme"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// Deps is what the panel works with.
type Deps struct {
	Trainer session.Trainer
	Layers  []string // of the network
	Mail    *vm.Mailbox
	Problem func(vm.Problem)
	Changed func()                           // the training has something new, for the status bar
	Ask     func(question string, do func()) // asks before it does
	Busy    func() string                    // what else computes and keeps from starting; empty where nothing does
	Folder  func(do func(path string))       // asks for a folder
	Look    func(root string)                // shows the decoders below a folder
	Demo    func()
	Open    func()
	Out     string // folder for the decoders at first
}

// Panel is the Train panel.
type Panel struct {
	Content fyne.CanvasObject

	deps      Deps
	form      *form
	estimates *vm.Estimates
	training  *vm.Training
	showing   bool // the training rather than the estimate of what is chosen now
	told      bool // the end of the training was handled
	shown     bool // the panel is

	body, empty   fyne.CanvasObject
	card          *card
	rows          *rows
	chart         *widget.AccuracyChart
	chartOf       *widget.Paragraph
	condition     *fwidget.Select
	conditionRoom fyne.CanvasObject
	conditions    []string
}

// New makes the panel without a subject.
func New(d Deps) *Panel {
	p := &Panel{deps: d, chart: widget.NewAccuracyChart("The accuracy of each layer will be drawn here as its decoders are done"), chartOf: widget.Line("")}
	p.estimates = vm.NewEstimates(d.Trainer, d.Mail, p.Refresh)
	p.card = newCard(func() { d.Look(p.training.Plan.Out) })
	p.rows = newRows()
	p.condition = fwidget.NewSelect(nil, func(string) { p.drawAccuracy() })
	p.conditionRoom = widget.AtLeast(180, 0, p.condition)
	p.conditionRoom.Hide()
	p.form = newForm(vm.NewTrainForm(d.Layers), d, p.changed, p.Start, p.TogglePause, p.Cancel)
	p.form.vm.Out = d.Out

	head := container.NewBorder(nil, nil, container.NewCenter(widget.Section("Accuracy by layer")), p.conditionRoom, container.NewVBox(layout.NewSpacer(), p.chartOf, layout.NewSpacer()))
	accuracy := widget.NewSurface(theme.ColorSurface, 10, 8, container.NewBorder(widget.PadHV(4, 0, head), nil, nil, nil, p.chart))
	inner := container.NewBorder(p.card.content, nil, nil, nil, p.rows.content)
	p.card.fit = inner.Refresh
	work := widget.NewSurface(theme.ColorSurface, 10, 10, inner)
	split := container.NewVSplit(work, accuracy)
	split.Offset = 0.56
	p.body = container.NewBorder(nil, nil, container.NewHBox(p.form.content, widget.Space(6, 0)), nil, split)
	p.empty = p.makeEmpty()
	p.body.Hide()
	p.Content = widget.PadHV(14, 12, container.NewStack(p.body, p.empty))
	p.form.sync()
	p.Refresh()
	return p
}

// makeEmpty teaches what the panel is for while there is no subject.
func (p *Panel) makeEmpty() fyne.CanvasObject {
	demo := fwidget.NewButtonWithIcon("Try the demo", ftheme.MediaPlayIcon(), p.deps.Demo)
	demo.Importance = fwidget.HighImportance
	open := fwidget.NewButtonWithIcon("Open my data…", ftheme.FolderOpenIcon(), p.deps.Open)
	text := widget.Note("A decoder turns the activity of voxels into one feature of the network; every unit of every layer has its own. Train them once, and they stay in a folder: to decode with, to look at unit by unit, to give to others.\n\nOpen a subject with a training session first.")
	return container.NewCenter(widget.Stack(6, widget.NewText("Train decoders", ftheme.SizeNameSubHeadingText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}),
		widget.PadHV(-7, 0, widget.AtLeast(460, 0, text)), container.NewHBox(demo, open)))
}

// SetSubject offers another subject's sessions. The last training stays in view.
func (p *Panel) SetSubject(s *session.Subject) {
	p.empty.Hide()
	p.body.Show()
	p.form.setSubject(s)
	p.changed()
}

// Shown begins to estimate; Hidden ends it: a trial of units costs time that others need.
func (p *Panel) Shown() {
	p.shown = true
	p.ask()
	p.Refresh()
}

// Hidden is told that another panel is shown.
func (p *Panel) Hidden() {
	p.shown = false
	p.estimates.Halt()
}

// Renew estimates anew, as another network is used now.
func (p *Panel) Renew() {
	p.estimates.Drop()
	p.form.sync()
	p.ask()
	p.Refresh()
}

// changed shows what follows from the form.
func (p *Panel) changed() {
	if p.training == nil || !p.training.Active() {
		p.showing = false
	}
	p.ask()
	p.Refresh()
}

func (p *Panel) active() bool { return p.training != nil && p.training.Active() }

func (p *Panel) ask() {
	plan, lack := p.form.vm.Plan()
	switch {
	case lack != "":
		p.estimates.Drop()
	case p.shown && !p.showing && !p.active():
		p.estimates.Ask(p.form.vm.Subject, plan)
	}
}

// Training is the current or last training; nil before any.
func (p *Panel) Training() *vm.Training { return p.training }

// Form is what the panel asks.
func (p *Panel) Form() *vm.TrainForm { return p.form.vm }

// lack is what keeps Start from going.
func (p *Panel) lack() string {
	_, lack := p.form.vm.Plan()
	if lack == "" {
		lack = p.deps.Busy()
	}
	return lack
}

// Start begins what the form says. Where something lacks, or a training is
// going, it does nothing.
func (p *Panel) Start() {
	if p.active() || p.lack() != "" {
		return
	}
	plan, _ := p.form.vm.Plan()
	parts := p.parts(plan)
	p.estimates.Drop()
	p.told, p.showing = false, true
	p.rows.reset()
	p.training = vm.StartTraining(p.deps.Trainer, p.form.vm.Subject, plan, parts, func() { p.deps.Mail.PostLatest("train/run", p.Refresh) })
	p.Refresh()
}

// parts are what a plan will train, as far as known: from its estimate, or from
// the last training where it is that one again.
func (p *Panel) parts(plan session.TrainPlan) []session.TrainPart {
	if e := p.estimates.Estimate(); e != nil {
		return e.Parts
	}
	if p.training != nil && p.training.Subject == p.form.vm.Subject && reflect.DeepEqual(p.training.Plan, plan) {
		return p.training.Parts()
	}
	return nil
}

// TogglePause pauses the training or lets it go on.
func (p *Panel) TogglePause() {
	if p.training == nil {
		return
	}
	switch p.training.State() {
	case vm.Running:
		p.training.Pause()
	case vm.Paused:
		p.training.Resume()
	}
	p.Refresh()
}

// Cancel asks, then stops the training.
func (p *Panel) Cancel() {
	if t := p.training; t != nil && t.Active() {
		p.deps.Ask("Stop this training? What is trained is kept; starting again goes on.", func() {
			t.Cancel()
			p.Refresh()
		})
	}
}

// Refresh shows the newest state of the training, or of the estimate.
func (p *Panel) Refresh() {
	p.form.setTraining(p.training, p.lack())
	if p.training != nil && p.showing {
		p.card.showTraining(p.training)
		p.rows.showTraining(p.training)
	} else {
		plan, lack := p.form.vm.Plan()
		p.card.showEstimate(p.estimates, plan, lack)
		p.rows.showEstimate(p.estimates, lack)
	}
	if p.training == nil {
		return
	}
	p.drawAccuracy()
	if !p.training.Active() && !p.told {
		p.told = true
		if pr, bad := vm.ProblemOf("finish the training", p.training.Err()); bad {
			pr.Hint = "What is trained is kept: when the cause is gone, start again and it goes on. " + pr.Hint
			p.deps.Problem(pr)
		}
	}
	p.deps.Changed()
}

func (p *Panel) drawAccuracy() {
	if p.training == nil {
		return
	}
	a := p.training.Accuracy()
	several := len(a.ROIs) > 1 && len(a.Conditions) > 1
	if several && !slices.Equal(p.conditions, a.Conditions) {
		p.conditions = a.Conditions
		var names []string
		for _, c := range a.Conditions {
			names = append(names, vm.ConditionTitle(c))
		}
		at := max(p.condition.SelectedIndex(), 0)
		p.condition.SetOptions(names)
		p.condition.SetSelectedIndex(at)
		return // which draws
	}
	condition := ""
	if several {
		p.conditionRoom.Show()
		condition = p.conditions[max(p.condition.SelectedIndex(), 0)]
	} else {
		p.conditionRoom.Hide()
	}
	p.chart.Set(a.Layers, a.Series(condition))
	if a.Empty() {
		p.chartOf.SetText("")
		return
	}
	of := "from " + a.ROIs[0]
	if len(a.ROIs) > 1 {
		of = fmt.Sprintf("%d regions", len(a.ROIs))
	}
	p.chartOf.SetText("mean correlation, 95 % interval · " + of)
}

// Estimating reports whether an estimate is on its way.
func (p *Panel) Estimating() bool { return p.estimates.Asking() }

// AccuracyPoints counts the points drawn.
func (p *Panel) AccuracyPoints() int { return p.chart.Points() }
