package watch

import (
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/figure"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// Ways to show values, none of which changes them.
var displays = []struct {
	name string
	d    figure.Display
}{
	{"Colours as computed", figure.Display{Mode: figure.Plain}},
	{"Stretched, 4 % clipped (lab)", figure.Display{Mode: figure.Stretch, Percent: figure.LabPercent}},
	{"Stretched by channel", figure.Display{Mode: figure.Channels, Percent: figure.LabPercent}},
}

const noOther = "Compare with…"

// tools is the row above the pictures: runs to look back at, views, going on, saving.
type tools struct {
	content fyne.CanvasObject
	runs    *fwidget.Select
	other   *fwidget.Select
	view    *fwidget.Button
	display *fwidget.Select
	fork    *fwidget.Button
	export  *fwidget.Button
	loss    *fwidget.Check
	setting bool
}

func (p *Panel) newTools() *tools {
	t := &tools{setting: true}
	unless := func(f func()) {
		if !t.setting {
			f()
		}
	}
	t.runs = fwidget.NewSelect(nil, func(string) { unless(func() { p.showRun(t.runs.SelectedIndex()) }) })
	t.runs.PlaceHolder = "No run yet"
	t.other = fwidget.NewSelect([]string{noOther}, func(string) { unless(func() { p.compareWith(t.other.SelectedIndex() - 1) }) })
	t.view = fwidget.NewButtonWithIcon("Large", ftheme.ViewFullScreenIcon(), p.ToggleLarge)
	var names []string
	for _, d := range displays {
		names = append(names, d.name)
	}
	t.display = fwidget.NewSelect(names, func(string) {
		unless(func() {
			p.display = displays[max(t.display.SelectedIndex(), 0)].d
			p.Refresh()
		})
	})
	t.fork = fwidget.NewButtonWithIcon("Go on from here", ftheme.MediaSkipNextIcon(), p.Fork)
	t.export = fwidget.NewButtonWithIcon("Save…", ftheme.DocumentSaveIcon(), p.Export)
	for _, b := range []*fwidget.Button{t.view, t.fork, t.export} {
		b.Importance = fwidget.LowImportance
	}
	t.loss = fwidget.NewCheck("Stacked", func(on bool) { p.chart.SetStacked(on) })
	t.content = widget.Stack(2,
		container.NewBorder(nil, nil, nil, widget.AtLeast(230, 0, t.other), t.runs),
		container.NewHBox(t.view, widget.AtLeast(220, 0, t.display), t.fork, t.export))
	t.display.SetSelectedIndex(0)
	t.other.SetSelectedIndex(0)
	t.setting = false
	return t
}

// sync lists the runs and tells what can be done with the one shown.
func (p *Panel) syncTools() {
	t := p.tools
	t.setting = true
	defer func() { t.setting = false }()
	var names []string
	at := -1
	for i, r := range p.runs {
		names = append(names, vm.Short(r.run.Title(r.number), 60))
		if r.run == p.shown {
			at = i
		}
	}
	if !slices.Equal(names, t.runs.Options) {
		t.runs.SetOptions(names)
	}
	if t.runs.SelectedIndex() != at && at >= 0 {
		t.runs.SetSelectedIndex(at)
	}
	others, pick := []string{noOther}, 0
	p.others = p.others[:0]
	for _, r := range p.runs {
		if p.shown != nil && r.run != p.shown && vm.SameStimuli(r.run.Plan, p.shown.Plan) {
			p.others = append(p.others, r)
			others = append(others, vm.Short(r.run.Title(r.number), 34))
			if r.run == p.other {
				pick = len(others) - 1
			}
		}
	}
	if pick == 0 {
		p.other = nil
	}
	if !slices.Equal(others, t.other.Options) {
		t.other.SetOptions(others)
	}
	if t.other.SelectedIndex() != pick {
		t.other.SetSelectedIndex(pick)
	}
	enable(t.other, len(others) > 1)
	frames := p.shown != nil && len(p.shown.Frames.Iterations()) > 0
	enable(t.view, frames)
	enable(t.fork, frames)
	enable(t.export, frames)
}

// ToggleLarge shows the chosen image alone, or all again.
func (p *Panel) ToggleLarge() {
	if p.shown == nil {
		return
	}
	if p.large.content.Visible() {
		p.large.content.Hide()
		p.scroll.Show()
		p.tools.view.SetText("Large")
	} else {
		p.large.content.Show()
		p.scroll.Hide()
		p.tools.view.SetText("All images")
	}
	p.Refresh()
}

// ToggleBlink lets target and picture take turns in the large view.
func (p *Panel) ToggleBlink() {
	if p.shown != nil && !p.large.content.Visible() {
		p.ToggleLarge()
	}
	p.large.blink.SetChecked(!p.large.blink.Checked)
}

// entry is a run that can be looked back at.
type entry struct {
	run    *vm.Run
	number int
}

// keepRun adds a run to the list and shows it; the oldest that is not shown or running gives way.
func (p *Panel) keepRun(r *vm.Run) {
	p.count++
	p.runs = append(p.runs, entry{run: r, number: p.count})
	for i := 0; len(p.runs) > vm.RunsKept && i < len(p.runs)-1; {
		if e := p.runs[i].run; e.Active() || e == p.other {
			i++
			continue
		}
		p.runs = slices.Delete(p.runs, i, i+1)
	}
	p.show(r)
}

func (p *Panel) showRun(i int) {
	if i < 0 || i >= len(p.runs) || p.runs[i].run == p.shown {
		return
	}
	p.show(p.runs[i].run)
}

// show puts a run in view.
func (p *Panel) show(r *vm.Run) {
	p.shown, p.focus = r, 0
	p.player.reset()
	p.makeTiles(r)
	p.Refresh()
}

// compareWith sets another run beside the one shown; −1 is none.
func (p *Panel) compareWith(i int) {
	p.other = nil
	if i >= 0 && i < len(p.others) {
		p.other = p.others[i].run
	}
	p.makeTiles(p.shown)
	p.Refresh()
}

// compared says what two runs differ in.
func (p *Panel) compared() string {
	if p.other == nil {
		return "in each pair: the stimulus, its reconstruction"
	}
	d := vm.PlanDifferences(p.shown.Plan, p.other.Plan)
	if len(d) == 0 {
		return "the same choices twice"
	}
	return "left and right differ in " + strings.Join(d, "; ")
}

// Fork starts a run from what is shown, with the choices on the left. A running one is stopped first, when the user says so.
func (p *Panel) Fork() {
	run := p.shown
	if run == nil || p.subject == nil {
		return
	}
	plan, _ := p.controls.plan()
	plan.Stimuli, plan.Source, plan.ROI, plan.Store, plan.Decoders = run.Plan.Stimuli, run.Plan.Source, run.Plan.ROI, run.Plan.Store, run.Plan.Decoders
	if _, err := p.controls.form.Options(); err != nil || len(plan.Layers) == 0 {
		return // the controls tell
	}
	if plan.Prior != "" && run.Plan.Prior != plan.Prior {
		p.deps.Problem(vm.Problem{Title: "This run cannot go on with that prior", Hint: "A generator goes on from its own latent vector: choose the prior of the run, or none."})
		return
	}
	at := 0
	for i := range plan.Stimuli {
		pt := run.Point(i, p.player.at)
		if plan.Prior == "" {
			pt.Latent = nil
		}
		at = pt.Iteration
		if at >= plan.Options.Iterations {
			pt.Iteration = 0 // all its iterations are done: the schedules begin anew
		}
		plan.From = append(plan.From, pt)
	}
	begin := func() { p.begin(plan) }
	if active := p.run; active != nil && active.Active() {
		p.deps.Ask(fmt.Sprintf("Stop the running reconstruction and go on from iteration %d with the choices on the left?", at), func() {
			active.Cancel()
			go func() {
				<-active.Done()
				p.deps.Mail.Post(begin)
			}()
		})
		return
	}
	begin()
}
