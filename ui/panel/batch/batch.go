// Package batch is the panel that reconstructs many images: choose subjects,
// sessions, regions, layer sets and the prior, see how many images that makes
// and what they will take, start, and follow group by group.
package batch

import (
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/batch"
	"reverie/app/session"
	"reverie/ui/theme"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// Deps is what the panel works with.
type Deps struct {
	Batcher session.Batcher
	Network func() (id string, prior bool) // in use, and whether there is a generator for it
	Mail    *vm.Mailbox
	Problem func(vm.Problem)
	Changed func()                                       // the batch has something new, for the status bar
	Ask     func(question string, do func())             // asks before it stops something
	Confirm func(question, yes, no string, do func())    // asks before it does
	Busy    func() string                                // what else computes and keeps from starting; empty where nothing does
	Folder  func(title string, do func(path string))     // asks for a folder
	Add     func(path string, do func(*session.Subject)) // opens one more subject
	// Evaluate opens a folder of results where scores are; nil while there is no such place.
	Evaluate func(dir string)
	Demo     func()
	Open     func()
	Out      string // folder for the results at first
}

// Panel is the Batch panel.
type Panel struct {
	Content fyne.CanvasObject

	deps      Deps
	form      *form
	estimates *vm.BatchEstimates
	run       *vm.BatchRun
	showing   bool // the batch rather than the estimate of what is chosen now
	told      bool // the end of the batch was handled
	shown     bool // the panel is

	body, empty fyne.CanvasObject
	card        *card
	groups      *groups
	gallery     *gallery
}

// New makes the panel without a subject.
func New(d Deps) *Panel {
	p := &Panel{deps: d}
	p.estimates = vm.NewBatchEstimates(d.Batcher, d.Mail, p.Refresh)
	p.card = newCard(func() { d.Evaluate(p.run.Out) }, d.Evaluate != nil)
	p.groups = newGroups()
	p.gallery = newGallery()
	f := vm.NewBatchForm()
	f.Out = d.Out
	p.form = newForm(f, d, p.changed, p)

	inner := container.NewBorder(p.card.content, nil, nil, nil, p.groups.content)
	p.card.fit = inner.Refresh
	work := widget.NewSurface(theme.ColorSurface, 10, 10, inner)
	right := container.NewBorder(nil, widget.Stack(0, widget.Space(0, 6), p.gallery.content), nil, nil, work)
	p.body = container.NewBorder(nil, nil, container.NewHBox(p.form.content, widget.Space(6, 0)), nil, right)
	p.empty = p.makeEmpty()
	p.body.Hide()
	p.Content = widget.PadHV(14, 12, container.NewStack(p.body, p.empty))
	p.Refresh()
	return p
}

// makeEmpty teaches what the panel is for while there is no subject.
func (p *Panel) makeEmpty() fyne.CanvasObject {
	demo := fwidget.NewButtonWithIcon("Try the demo", ftheme.MediaPlayIcon(), p.deps.Demo)
	demo.Importance = fwidget.HighImportance
	open := fwidget.NewButtonWithIcon("Open my data…", ftheme.FolderOpenIcon(), p.deps.Open)
	text := widget.Note("A batch reconstructs every image of the chosen sessions from every region with every set of layers, for one subject or several. It can run for days: finished images are kept at once, and after a crash it goes on where it was.\n\nOpen a subject first.")
	return container.NewCenter(widget.Stack(6, widget.NewText("Reconstruct in batches", ftheme.SizeNameSubHeadingText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}),
		widget.PadHV(-7, 0, widget.AtLeast(460, 0, text)), container.NewHBox(demo, open)))
}

// SetSubject begins anew with another subject. The last batch stays in view.
func (p *Panel) SetSubject(s *session.Subject) {
	p.empty.Hide()
	p.body.Show()
	p.form.setSubject(s)
	p.Renew()
}

// Shown begins to estimate; Hidden ends it: it computes some iterations.
func (p *Panel) Shown() {
	p.shown = true
	p.Renew()
}

// Hidden is told that another panel is shown.
func (p *Panel) Hidden() {
	p.shown = false
	p.estimates.Halt()
}

// Renew looks at the network in use and estimates anew.
func (p *Panel) Renew() {
	p.form.vm.Network, p.form.vm.HasPrior = p.deps.Network()
	p.form.sync()
	p.ask()
	p.Refresh()
}

// changed shows what follows from the form.
func (p *Panel) changed() {
	if !p.active() {
		p.showing = false
	}
	p.ask()
	p.Refresh()
}

func (p *Panel) active() bool { return p.run != nil && p.run.Active() }

func (p *Panel) ask() {
	spec, lack := p.form.vm.Spec()
	switch {
	case lack != "":
		p.estimates.Drop()
	case p.shown && !p.showing && !p.active() && p.deps.Busy() == "":
		p.estimates.Ask(spec, p.form.vm.Out)
	}
}

// Run is the current or last batch; nil before any.
func (p *Panel) Run() *vm.BatchRun { return p.run }

// Form is what the panel asks.
func (p *Panel) Form() *vm.BatchForm { return p.form.vm }

// Estimating reports whether an estimate is on its way.
func (p *Panel) Estimating() bool { return p.estimates.Asking() }

// lack is what keeps Start from going.
func (p *Panel) lack() string {
	_, lack := p.form.vm.Spec()
	if lack == "" {
		lack = p.deps.Busy()
	}
	return lack
}

// Start begins what the form says, or goes on with what its folder holds. Where something lacks, or a batch is going,
// it does nothing.
func (p *Panel) Start() { p.start(false) }

func (p *Panel) start(overwrite bool) {
	if p.active() || p.lack() != "" {
		return
	}
	spec, _ := p.form.vm.Spec()
	var list []session.BatchGroup
	if e := p.estimates.Estimate(); e != nil && !overwrite {
		list = e.Groups
	}
	p.estimates.Drop()
	p.told, p.showing = false, true
	p.gallery.reset()
	p.run = vm.StartBatch(p.deps.Batcher, spec, p.form.vm.Out, overwrite, list, func() { p.deps.Mail.PostLatest("batch/run", p.Refresh) })
	p.Refresh()
}

// GoOn takes the batch of a folder, to go on with it.
func (p *Panel) GoOn(dir string) {
	spec, err := batch.Read(dir)
	if err != nil {
		if pr, bad := vm.ProblemOf("open the batch", err); bad {
			p.deps.Problem(pr)
		}
		return
	}
	p.empty.Hide()
	p.body.Show()
	f := p.form.vm
	f.Loaded, f.Out = &spec, dir
	p.changed()
	p.form.sync()
}

// TogglePause pauses the batch or lets it go on.
func (p *Panel) TogglePause() {
	if p.run == nil {
		return
	}
	switch p.run.State() {
	case vm.Running:
		p.run.Pause()
	case vm.Paused:
		p.run.Resume()
	}
	p.Refresh()
}

// Cancel asks, then stops the batch.
func (p *Panel) Cancel() {
	if r := p.run; r != nil && r.Active() {
		p.deps.Ask("Stop this batch? Finished images are kept; starting again goes on.", func() {
			r.Cancel()
			p.Refresh()
		})
	}
}

// Refresh shows the newest state of the batch, or of the estimate.
func (p *Panel) Refresh() {
	p.form.setRun(p.run, p.lack())
	if p.run != nil && p.showing {
		v := p.run.View()
		p.card.showRun(p.run, v)
		p.groups.showRun(v, p.run.Active())
		p.gallery.show(v.Latest)
	} else {
		spec, lack := p.form.vm.Spec()
		p.card.showEstimate(p.estimates, spec, lack, p.form.vm)
		p.groups.showEstimate(p.estimates, lack)
		p.gallery.hint()
	}
	if p.run == nil {
		return
	}
	if !p.run.Active() && !p.told {
		p.told = true
		p.ended()
	}
	p.deps.Changed()
}

// ended tells why a batch failed. A folder that holds something else is asked about.
func (p *Panel) ended() {
	var other *batch.DifferentError
	err := p.run.Err()
	if errors.As(err, &other) {
		p.showing = false
		what := "something else"
		if len(other.What) > 0 {
			what = other.What[0]
		}
		p.deps.Confirm("The folder holds another batch ("+what+"). Remove its results and begin anew?", "Remove them", "Keep them", func() { p.start(true) })
		return
	}
	if pr, bad := vm.ProblemOf("finish the batch", err); bad {
		pr.Hint = "Finished images are kept: when the cause is gone, start again and it goes on. " + pr.Hint
		p.deps.Problem(pr)
	}
}
