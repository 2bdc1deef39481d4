// Package models is the panel of model files: what the method uses, where it is
// published, which files the user has, and which network computes.
package models

import (
	"context"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/job"
	"reverie/app/models"
	"reverie/app/session"
	"reverie/compute/weights"
	"reverie/ui/theme"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// Deps is what the panel works with.
type Deps struct {
	Engine  session.Engine
	Mail    *vm.Mailbox
	Problem func(vm.Problem)
	Choose  func() // asks for a file to add
	// Used is told of the network that was taken into use, by its ID.
	Used func(id string)
	Copy func(text string) // to the clipboard
	// Pictures are natural pictures of what is open, for checking a network.
	Pictures func() []string
}

// Panel is the Models panel.
type Panel struct {
	Content fyne.CanvasObject

	deps    Deps
	cards   *fyne.Container
	network *fwidget.Select
	ids     []string
	note    *widget.Text
	work    *fyne.Container // while something is read
	stage   *widget.Text
	bar     *fwidget.ProgressBar
	cancel  context.CancelFunc // nil while nothing goes on
	filling bool
}

// New makes the panel.
func New(d Deps) *Panel {
	p := &Panel{deps: d, cards: widget.Stack(10), note: widget.Caption(""), stage: widget.Caption(""), bar: fwidget.NewProgressBar()}
	add := fwidget.NewButtonWithIcon("Add a file…", ftheme.ContentAddIcon(), d.Choose)
	p.network = fwidget.NewSelect(nil, func(string) { p.choose() })
	stop := fwidget.NewButton("Cancel", func() {
		if p.cancel != nil {
			p.cancel()
		}
	})
	p.bar.TextFormatter = func() string { return "" }
	p.work = container.NewBorder(nil, nil, widget.AtLeast(220, 0, p.stage), stop, container.NewCenter(widget.AtLeast(320, 0, p.bar)))
	p.work.Hide()
	head := container.NewBorder(nil, nil, widget.Stack(1, widget.Heading("Models"),
		widget.Caption("Drop model files anywhere on this window. They stay where they are; nothing is downloaded.")), container.NewCenter(add))
	check := fwidget.NewButton("Check it…", p.check)
	use := widget.NewSurface(theme.ColorSurface, 10, 14, widget.Stack(4,
		container.NewBorder(nil, nil, container.NewHBox(container.NewCenter(widget.Section("Network in use")), widget.Space(8, 0)), check, p.network), p.note, p.work))
	p.Content = widget.PadHV(20, 14, container.NewBorder(widget.Stack(12, head, use, widget.Space(0, 0)), nil, nil, nil,
		container.NewVScroll(widget.PadHV(0, 0, p.cards))))
	p.Refresh()
	return p
}

// Refresh shows the list of models anew.
func (p *Panel) Refresh() {
	entries, err := p.deps.Engine.Models().Entries()
	if err != nil {
		p.problem("read the list of models", err)
	}
	p.cards.Objects = nil
	for _, w := range models.Catalogue() {
		var mine []models.Entry
		for _, e := range entries {
			if e.Role == w.Role {
				mine = append(mine, e)
			}
		}
		p.cards.Add(p.card(w, mine))
	}
	p.cards.Refresh()
	p.filling = true
	defer func() { p.filling = false }()
	var names []string
	p.ids = nil
	for _, n := range p.deps.Engine.Networks() {
		names = append(names, n.Name)
		p.ids = append(p.ids, n.ID)
	}
	p.network.SetOptions(names)
	for i, n := range p.deps.Engine.Networks() {
		if n.InUse {
			p.network.SetSelectedIndex(i)
			p.note.SetText(vm.Sentence(n.Note))
		}
	}
}

// Added tells of models that were dropped.
func (p *Panel) Added(o *session.Opened) {
	p.Refresh()
	if len(o.Report) == 0 {
		return
	}
	title := "Added " + vm.Count(len(o.Models), "model")
	var text []string
	for _, f := range o.Report {
		text = append(text, strings.TrimSpace(f.About+": "+f.Text+" "+f.Do))
	}
	p.deps.Problem(vm.Problem{Notice: vm.Worst(o.Report) < session.Wrong, Title: title, Detail: strings.Join(text, "\n")})
}

func (p *Panel) inUse(id string) bool {
	for _, n := range p.deps.Engine.Networks() {
		if n.ID == id {
			return n.InUse
		}
	}
	return false
}

func (p *Panel) change(f func(*models.Store) error) {
	if err := f(p.deps.Engine.Models()); err != nil {
		p.problem("change the list of models", err)
	}
	p.Refresh()
}

func (p *Panel) problem(action string, err error) {
	if b, bad := vm.ProblemOf(action, err); bad {
		p.deps.Problem(b)
	}
}

// do runs something long, one at a time.
func (p *Panel) do(stage string, f func(ctx context.Context, r job.Reporter) error, done func(error)) {
	if p.cancel != nil {
		p.deps.Problem(vm.Problem{Notice: true, Title: "One thing at a time", Detail: p.stage.Text() + " is still going on.", Hint: "Wait for it, or cancel it."})
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.stage.SetText(stage)
	p.bar.SetValue(0)
	p.work.Show()
	go func() {
		err := f(ctx, func(r job.Progress) {
			p.deps.Mail.PostLatest("models", func() {
				if r.Total > 0 {
					p.bar.SetValue(float64(r.Done) / float64(r.Total))
				}
			})
		})
		cancel()
		p.deps.Mail.Post(func() {
			p.cancel = nil
			p.work.Hide()
			done(err)
			p.Refresh()
		})
	}()
}

func (p *Panel) verify(e models.Entry) {
	var state models.State
	p.do("Reading "+e.Name(), func(ctx context.Context, r job.Reporter) (err error) {
		m := job.NewMeter(r)
		state, err = p.deps.Engine.Models().Verify(ctx, e, func(done, total int64) { m.Step("read", int(done>>20), int(total>>20)) })
		return err
	}, func(err error) {
		switch {
		case err != nil:
			p.problem("verify the model", err)
		case state == models.Unchanged:
			p.deps.Problem(vm.Problem{Notice: true, Title: "Verified", Detail: e.Name() + " has the checksum that it was added with."})
		default:
			p.deps.Problem(vm.Problem{Title: "The file is not what was added", Detail: fmt.Sprintf("%s is %s.", e.Path, state), Hint: "Add it again if it is meant to be so; forget it otherwise."})
		}
	})
}

// check compares the network's features of natural pictures with the published ones.
func (p *Panel) check() {
	var r weights.StdReport
	p.do("Features of natural pictures", func(ctx context.Context, report job.Reporter) (err error) {
		r, err = p.deps.Engine.CheckNetwork(ctx, p.deps.Pictures(), "", report)
		return err
	}, func(err error) {
		if err != nil {
			p.problem("check the network", err)
			return
		}
		title := "The network's features are as large as the published ones"
		if r.Verdict != "ok" {
			title = "The network's features are not as the published ones"
		}
		p.deps.Problem(vm.Problem{Notice: r.Verdict == "ok", Title: title, Detail: vm.Sentence(r.Why) + " " + vm.StdText(r)})
	})
}

// choose takes the chosen network into use.
func (p *Panel) choose() {
	i := p.network.SelectedIndex()
	if p.filling || i < 0 || i >= len(p.ids) {
		return
	}
	p.Use(p.ids[i])
}

// Use takes a network into use.
func (p *Panel) Use(id string) {
	p.do("Opening the network", func(ctx context.Context, r job.Reporter) error { return p.deps.Engine.UseNetwork(ctx, id, r) }, func(err error) {
		if err != nil {
			p.problem("use this network", err)
			return
		}
		p.deps.Used(id)
	})
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
