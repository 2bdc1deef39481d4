package watch

import (
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/ui/theme"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// maxImages bounds a batch: more tiles than can be told apart on a screen.
const maxImages = 24

const (
	fromBrain    = "Brain activity"
	fromStimulus = "The stimulus itself (upper bound)"
	fromStore    = "Stored features"
	onTheWay     = "Ridge, trained on the way"
	presetPaper  = "Paper"
	presetLab    = "Lab's code"
	priorPaper   = "As in the paper"
	priorNone    = "None: pixels"
)

// controls is the left column: what to reconstruct, and how.
type controls struct {
	content   fyne.CanvasObject
	subject   *session.Subject
	selection vm.Selection
	sessions  *fwidget.Select
	grid      *widget.Stimuli
	picked    *widget.Text
	clear     *fwidget.Button
	source    *fwidget.RadioGroup
	trained   *fwidget.Select // decoders that are there already
	decoders  *fyne.Container // trained with its title
	roi       *fwidget.Select
	rois      []session.ROI
	layers    *vm.Layers
	sets      *fwidget.Select // of layers
	preset    *fwidget.RadioGroup
	prior     *fwidget.Select
	priors    []session.Network // behind the first two of prior
	priorNote *widget.Text
	optimiser *fwidget.Select
	iters     *fwidget.Entry
	form      *vm.ReconForm
	options   *options
	more      *fwidget.Button
	engine    session.Engine
	lack      *widget.Paragraph // what keeps Start from going
	start     *fwidget.Button
	pause     *fwidget.Button
	cancel    *fwidget.Button
	ready     bool   // all widgets made
	setting   bool   // the controls are being set, not used
	changed   func() // something was chosen
	busy      func() string
}

func newControls(d Deps, start, pause, cancel func()) *controls {
	c := &controls{busy: d.Busy, selection: vm.Selection{Max: maxImages}, picked: widget.Caption(""), lack: widget.Note("")}
	c.grid = widget.NewStimuli(d.Thumbs, 80, c.selection.Has, func(s session.Stimulus) {
		c.selection.Toggle(s)
		c.sync()
	})
	c.sessions = fwidget.NewSelect(nil, func(string) { c.showSession() })
	c.clear = fwidget.NewButton("Clear", func() { c.selection.Clear(); c.grid.Mark(); c.sync() })
	c.clear.Importance = fwidget.LowImportance
	c.source = fwidget.NewRadioGroup([]string{fromBrain, fromStimulus}, func(string) { c.sync() })
	c.source.Required = true
	c.source.SetSelected(fromBrain)
	c.roi = fwidget.NewSelect(nil, func(string) { c.sync() })
	c.trained = fwidget.NewSelect([]string{onTheWay}, func(string) { c.sync() })
	c.trained.SetSelectedIndex(0)
	c.decoders = widget.Stack(4, widget.Section("Decoders"), c.trained)
	c.decoders.Hide()
	c.engine, c.form = d.Engine, vm.NewReconForm()
	c.preset = fwidget.NewRadioGroup([]string{presetPaper, presetLab}, func(string) { c.sync() })
	c.preset.Horizontal, c.preset.Required = true, true
	c.preset.SetSelected(presetPaper)
	c.prior = fwidget.NewSelect(nil, func(string) { c.sync() })
	c.priorNote = widget.Caption("")
	c.optimiser = fwidget.NewSelect([]string{vm.WordLBFGS, vm.WordDescent}, func(s string) { c.put("Optimiser", s) })
	c.iters = fwidget.NewEntry()
	c.iters.OnChanged = func(s string) { c.put("Iterations", s) }
	c.options = newOptions(c.form, c.sync)
	c.more = fwidget.NewButton("All options…", func() { c.options.show(c.content) })
	c.more.Importance = fwidget.LowImportance
	_, names := d.Engine.Network()
	c.layers = vm.NewLayers(names)
	layers := widget.NewLayerList(c.layers, c.sync)
	c.sets = fwidget.NewSelect(layerSets(), func(s string) {
		if i := slices.Index(layerSets(), s); i >= 0 {
			c.layers.SetFirst(i + 1)
			layers.Sync()
			c.sets.ClearSelected() // further changes are the list's
		}
	})
	c.sets.PlaceHolder = "Layer sets of Fig. 2d"

	c.start = fwidget.NewButtonWithIcon("Start", ftheme.MediaPlayIcon(), start)
	c.start.Importance = fwidget.HighImportance
	c.pause = fwidget.NewButtonWithIcon("Pause", ftheme.MediaPauseIcon(), pause)
	c.cancel = fwidget.NewButtonWithIcon("Cancel", ftheme.CancelIcon(), cancel)

	stimuli := widget.Stack(4,
		container.NewBorder(nil, nil, container.NewHBox(widget.Section("Stimuli"), container.NewCenter(c.picked)), c.clear),
		c.sessions, widget.AtLeast(0, 236, c.grid))
	iterations := container.NewBorder(nil, nil, widget.AtLeast(170, 0, c.optimiser), widget.AtLeast(84, 0, c.iters))
	form := widget.Stack(12, stimuli,
		widget.Stack(2, widget.Section("Features from"), c.source),
		c.decoders,
		widget.Stack(4, widget.Section("Region of the brain"), c.roi),
		widget.Stack(4, layers.Content, c.sets),
		widget.Stack(2, widget.Section("Preset"), c.preset),
		widget.Stack(4, widget.Section("Image prior"), c.prior, c.priorNote),
		widget.Stack(4, container.NewBorder(nil, nil, widget.Section("Optimiser, iterations"), c.more), iterations))
	actions := widget.Stack(4, c.lack, c.start, container.NewGridWithColumns(2, c.pause, c.cancel))
	column := container.NewBorder(nil, widget.PadHV(12, 10, actions), nil, nil, container.NewVScroll(widget.PadHV(12, 10, form)))
	c.content = widget.AtLeast(300, 0, widget.NewSurface(theme.ColorSurface, 10, 0, column))
	c.ready = true
	c.sync()
	return c
}

// layerSets names the sets of Fig. 2d: DNN1, DNN1–2, … DNN1–8.
func layerSets() []string {
	out := []string{"DNN1"}
	for i := 2; i <= 8; i++ {
		out = append(out, fmt.Sprintf("DNN1–%d", i))
	}
	return out
}

// put changes a choice of the form, unless the controls are being set themselves.
func (c *controls) put(name, value string) {
	if c.ready && !c.setting {
		_ = c.form.SetNamed(name, value) // what is wrong plan tells
		c.sync()
	}
}

// offerPriors lists the generators of the network in use.
func (c *controls) offerPriors() {
	c.priors = c.engine.Priors()
	names := []string{priorPaper, priorNone}
	for _, p := range c.priors {
		names = append(names, vm.Short(p.Name, 36))
	}
	if !slices.Equal(names, c.prior.Options) {
		c.prior.SetOptions(names)
		c.prior.SetSelectedIndex(0)
	}
}

// chosenPrior is the ID of the generator that the choices lead to, "" for none, and what to know.
func (c *controls) chosenPrior(p session.Plan) (id, note string) {
	switch i := c.prior.SelectedIndex(); {
	case i >= 2 && i-2 < len(c.priors):
		return c.priors[i-2].ID, ""
	case i == 1:
		return "", ""
	case p.Source == session.True || !session.UsesPrior(p.Stimuli):
		return "", "none: the paper has it for natural images seen"
	case len(c.priors) == 0:
		return "", "none: no generator for this network among the models"
	}
	return c.priors[0].ID, c.priors[0].Name
}

// setSubject offers a subject's sessions; the one shown first has test stimuli.
func (c *controls) setSubject(s *session.Subject) {
	c.subject = s
	c.selection.Clear()
	var names []string
	first, source := 0, fromStimulus
	sources := []string{fromBrain, fromStimulus}
	if len(s.Stored) > 0 {
		sources, source = append(sources, fromStore), fromStore
	}
	c.source.Options = sources
	c.source.Refresh()
	for i, d := range s.Datasets {
		if len(d.ROIs) > 0 && d.File != "" {
			source = fromBrain // pictures alone have no brain activity
		}
		names = append(names, fmt.Sprintf("%s (%d)", vm.SessionTitle(d.Session), len(d.Stimuli)))
		if d.Session == brain.NaturalTest {
			first = i
		}
	}
	c.source.SetSelected(source)
	c.offerDecoders()
	c.sessions.SetOptions(names)
	c.sessions.ClearSelected()
	if len(names) > 0 {
		c.sessions.SetSelectedIndex(first)
	} else {
		c.grid.Set(nil)
	}
	c.sync()
}

// offerDecoders lists the subject's trained decoders, the last opened chosen.
func (c *controls) offerDecoders() {
	names := []string{onTheWay}
	for _, t := range c.subject.Trained {
		name := t.Name + " · " + t.Method
		if !t.Complete {
			name = t.Name + " · incomplete"
		}
		names = append(names, vm.Short(name, 40))
	}
	c.trained.SetOptions(names)
	c.trained.ClearSelected() // of two sets with one name the right one
	c.trained.SetSelectedIndex(len(names) - 1)
	if len(names) > 1 {
		c.decoders.Show()
	} else {
		c.decoders.Hide()
	}
}

func (c *controls) showSession() {
	i := c.sessions.SelectedIndex()
	if c.subject == nil || i < 0 || i >= len(c.subject.Datasets) {
		return
	}
	d := c.subject.Datasets[i]
	c.grid.Set(d.Stimuli)
	switch {
	case d.Store != "":
		c.source.SetSelected(fromStore)
	case d.File != "" && c.source.Selected == fromStore:
		c.source.SetSelected(fromBrain)
	}
	before := c.chosenROI()
	c.rois = d.ROIs
	var names []string
	pick := -1
	for j, r := range c.rois {
		names = append(names, vm.ROIText(r))
		if r.Name == before || before == "" && r.Name == "VC" {
			pick = j
		}
	}
	c.roi.SetOptions(names)
	c.roi.ClearSelected()
	switch {
	case pick >= 0:
		c.roi.SetSelectedIndex(pick)
	case len(names) > 0:
		c.roi.SetSelectedIndex(len(names) - 1)
	}
}

func (c *controls) chosenROI() string {
	if i := c.roi.SelectedIndex(); i >= 0 && i < len(c.rois) {
		return c.rois[i].Name
	}
	return ""
}

// sync shows what follows from the choices.
func (c *controls) sync() {
	if !c.ready {
		return
	}
	n := c.selection.Len()
	c.picked.SetText("")
	if n > 0 {
		c.picked.SetText(fmt.Sprintf("%d picked", n))
	}
	if n == maxImages {
		c.picked.SetText(fmt.Sprintf("%d picked, the most at once", n))
	}
	enable(c.clear, n > 0)
	if c.source.Selected == fromStimulus {
		c.roi.Disable()
	} else {
		c.roi.Enable()
	}
	c.setting = true
	c.offerPriors()
	p, lack := c.plan()
	_, note := c.chosenPrior(p)
	c.priorNote.SetText(note)
	if v := c.form.ValueOf("Optimiser"); c.optimiser.Selected != v {
		c.optimiser.SetSelected(v)
	}
	if v := c.form.ValueOf("Iterations"); c.iters.Text != v {
		c.iters.SetText(v)
	}
	more := "All options…"
	if n := c.form.Changes(); n > 0 {
		more = fmt.Sprintf("All options (%d)…", n)
	}
	if c.more.Text != more {
		c.more.SetText(more)
	}
	c.setting = false
	c.lack.SetText(lack)
	if lack == "" {
		c.lack.Hide()
	} else {
		c.lack.Show()
	}
	if c.changed != nil {
		c.changed()
	}
}

// setRun shows which actions the state of the run allows; nil is no run.
func (c *controls) setRun(run *vm.Run) {
	_, lack := c.plan()
	active := run != nil && run.Active()
	enable(c.start, !active && lack == "")
	state := vm.Finished
	if run != nil {
		state = run.State()
	}
	enable(c.pause, active && state != vm.Cancelling)
	enable(c.cancel, active && state != vm.Cancelling)
	text, icon := "Pause", ftheme.MediaPauseIcon()
	if state == vm.Paused {
		text, icon = "Resume", ftheme.MediaPlayIcon()
	}
	if c.pause.Text != text {
		c.pause.SetText(text)
		c.pause.SetIcon(icon)
	}
	text = "Start"
	if n := c.selection.Len(); n > 1 {
		text = fmt.Sprintf("Start %d images", n)
	}
	if c.start.Text != text {
		c.start.SetText(text)
	}
}

func enable(w fyne.Disableable, on bool) {
	if on == !w.Disabled() {
		return
	}
	if on {
		w.Enable()
	} else {
		w.Disable()
	}
}
