// Package watch is the panel that reconstructs: pick stimuli, region and
// layers, start, and see the images come, the loss fall, and step back through
// the frames.
package watch

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"reverie/app/figure"
	"reverie/app/session"
	"reverie/ui/theme"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// Deps is what the panel works with.
type Deps struct {
	Engine  session.Engine
	Thumbs  *vm.Thumbs
	Mail    *vm.Mailbox
	Problem func(vm.Problem)
	Changed func()                           // the run has something new, for the status bar
	Ask     func(question string, do func()) // asks before it does
	Busy    func() string                    // what else computes and keeps from starting; empty where nothing does
}

// Panel is the Watch panel.
type Panel struct {
	Content fyne.CanvasObject

	deps    Deps
	subject *session.Subject
	run     *vm.Run // the one under way, or the last
	shown   *vm.Run // in view
	other   *vm.Run // beside it, to compare; nil mostly
	runs    []entry
	others  []entry // that can be compared with the one shown
	count   int     // of runs ever
	told    bool    // the end of the run was handled
	focus   int     // image whose loss is drawn
	display figure.Display

	controls *controls
	tiles    []*tile
	stage    *fyne.Container
	scroll   *container.Scroll
	large    *large
	tools    *tools
	empty    fyne.CanvasObject
	player   *player
	chart    *widget.LossChart
	lossOf   *widget.Text
	caption  *widget.Text // what the run is of
	legend   *widget.Text
	computed *widget.Text // how a GPU does it
	caution  *widget.Text // what the pictures must not be taken for
}

const targetSize = 256 // of pictures of the targets, pixels

// New makes the panel without a subject.
func New(d Deps) *Panel {
	p := &Panel{deps: d}
	p.controls = newControls(d, p.Start, p.TogglePause, p.Cancel)
	p.controls.changed = func() { p.controls.setRun(p.run) }
	p.player = newPlayer(d.Mail, p.Refresh)
	p.chart = widget.NewLossChart("The loss of each layer group will be drawn here")
	p.lossOf, p.computed = widget.Caption(""), widget.Caption("").Align(fyne.TextAlignTrailing)
	p.caption, p.legend = widget.Caption(""), widget.Caption("").Align(fyne.TextAlignTrailing)

	p.caution = widget.Caption("")
	p.caution.Hide()
	p.stage = container.New(tilesLayout{view: func() fyne.Size { return p.scroll.Size() }, columns: p.columns})
	p.scroll = container.NewVScroll(p.stage)
	p.large = newLarge(d.Mail)
	p.large.turned = p.Refresh
	p.tools = p.newTools()
	how := widget.Note("1  Pick stimuli on the left, one or several.\n2  Choose the brain region and the layers.\n3  Press Start, or Ctrl+Enter.")
	p.empty = container.NewCenter(widget.Stack(4, widget.NewText("Nothing reconstructed yet", "subHeadingText", "foreground", fyne.TextStyle{Bold: true}), widget.AtLeast(340, 0, how)))
	stage := container.NewBorder(widget.PadHV(6, 2, container.NewVBox(p.tools.content, container.NewBorder(nil, nil, p.caption, p.legend), p.caution)), p.player.content, nil, nil, container.NewStack(p.scroll, p.large.content, p.empty))
	loss := widget.NewSurface(theme.ColorSurface, 10, 8, container.NewBorder(
		widget.PadHV(4, 0, container.NewBorder(nil, nil, container.NewHBox(widget.Section("Loss per layer group"), container.NewCenter(p.lossOf)), container.NewHBox(container.NewCenter(p.computed), p.tools.loss))), nil, nil, nil, p.chart))
	split := container.NewVSplit(stage, loss)
	split.Offset = 0.68
	p.Content = widget.PadHV(14, 12, container.NewBorder(nil, nil, container.NewHBox(p.controls.content, widget.Space(6, 0)), nil, split))
	p.controls.setRun(nil)
	p.syncTools()
	return p
}

// SetSubject offers another subject's stimuli. The last run stays in view.
func (p *Panel) SetSubject(s *session.Subject) {
	p.subject = s
	p.controls.setSubject(s)
	p.controls.setRun(p.run)
}

// Run is the current or last run; nil before any.
func (p *Panel) Run() *vm.Run { return p.run }

// Sync shows what keeps Start from going, after something else began or ended.
func (p *Panel) Sync() { p.controls.sync() }

// Start begins what the controls say. Where something lacks, or a run is
// going, it does nothing.
func (p *Panel) Start() {
	plan, lack := p.controls.plan()
	if p.subject == nil || lack != "" || p.run != nil && p.run.Active() {
		return
	}
	p.begin(plan)
}

// begin runs a plan and shows it.
func (p *Panel) begin(plan session.Plan) {
	p.told = false
	p.run = vm.StartRun(p.deps.Engine, p.subject, plan, func() { p.deps.Mail.PostLatest("watch/run", p.Refresh) })
	p.keepRun(p.run)
}

// columns is how many pictures stand side by side in a tile.
func (p *Panel) columns() int {
	if p.other != nil {
		return 3
	}
	return 2
}

func (p *Panel) makeTiles(run *vm.Run) {
	plan, subject := run.Plan, run.Subject
	p.tiles, p.stage.Objects = nil, nil
	for i, s := range plan.Stimuli {
		t := newTile(s.Label, p.columns(), func() { p.focus = i; p.Refresh() })
		p.tiles = append(p.tiles, t)
		p.stage.Add(t.Choice)
		if m, ok := p.deps.Thumbs.Get(s, targetSize, func(m *image.NRGBA) { t.setTarget(m) }); ok {
			t.setTarget(m)
		}
	}
	p.caption.SetText(vm.PlanText(plan, subject.Simulated))
	p.caution.SetText(subject.Caution)
	if subject.Caution == "" || plan.Source == session.True {
		p.caution.Hide()
	} else {
		p.caution.Show()
	}
	p.legend.SetText(vm.Short(p.compared(), 110))
	p.empty.Hide()
	p.stage.Refresh()
}

// TogglePause pauses the run or lets it go on.
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

// Cancel asks, then stops the run. What it has stays in view.
func (p *Panel) Cancel() {
	if run := p.run; run != nil && run.Active() {
		p.deps.Ask("Stop this reconstruction? The images so far stay in view.", func() {
			run.Cancel()
			p.Refresh()
		})
	}
}

// TogglePlay plays the kept frames or halts.
func (p *Panel) TogglePlay() { p.player.toggle() }

// Step moves by kept frames.
func (p *Panel) Step(by int) { p.player.step(p.shown, by) }

// Refresh shows the newest state of the run.
func (p *Panel) Refresh() {
	p.controls.setRun(p.run)
	p.player.refresh(p.shown)
	p.syncTools()
	if p.shown == nil {
		return
	}
	run := p.shown
	for i, t := range p.tiles {
		t.picture.SetImage(run.Picture(i, p.player.at, p.display))
		if p.other != nil && t.other != nil {
			t.other.SetImage(p.other.Picture(i, p.player.at, p.display))
		}
		t.say(run, i)
		t.SetChosen(i == p.focus && len(p.tiles) > 1)
		if o, ok := run.Outcome(i); ok && o.Original != nil && !t.target.HasImage() {
			t.setTarget(o.Original)
		}
	}
	mark := -1
	if !p.player.follow {
		mark = p.player.at
	}
	if p.large.content.Visible() && p.focus < len(p.tiles) {
		p.large.show(run, p.focus, p.player.at, func(i, it int) *image.NRGBA { return run.Picture(i, it, p.display) }, p.tiles[p.focus].original)
	}
	p.chart.Set(run.Losses.Curves(p.focus), run.Iterations(), mark)
	if p.focus < len(run.Plan.Stimuli) {
		p.lossOf.SetText(run.Plan.Stimuli[p.focus].Label)
	}
	if !p.run.Active() && !p.told {
		p.told = true
		if pr, bad := vm.ProblemOf("finish the reconstruction", p.run.Err()); bad {
			pr.Hint = "The images so far stay in view. " + pr.Hint
			p.deps.Problem(pr)
		}
	}
	if text := vm.ComputingText(p.deps.Engine.Computing()); text != p.computed.Text() {
		p.computed.SetText(text)
	}
	p.deps.Changed()
}

// Pick picks a stimulus or drops it, as a tap on it does.
func (p *Panel) Pick(s session.Stimulus) {
	p.controls.selection.Toggle(s)
	p.controls.grid.Mark()
	p.controls.sync()
}

// LossPoints counts the points drawn in the loss chart.
func (p *Panel) LossPoints() int { return p.chart.Points() }

// FrameText says which frame is shown.
func (p *Panel) FrameText() string { return p.player.text.Text() }
