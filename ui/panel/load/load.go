// Package load is the panel that shows what is in the open subject: sessions,
// samples, voxels per region, stimuli, and what was odd about the files.
package load

import (
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/session"
	"reverie/ui/theme"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// Panel is the Load panel.
type Panel struct {
	Content fyne.CanvasObject

	subject  *session.Subject
	at       int // dataset shown
	head     *fyne.Container
	datasets *fyne.Container
	choices  []*widget.Choice
	bars     *widget.Bars
	notes    *fyne.Container
	title    *widget.Text
	file     *widget.Text
	stimuli  *widget.Stimuli
	none     fyne.CanvasObject
	proceed  *fwidget.Button
}

// New makes an empty panel; proceed goes on to reconstruction.
func New(thumbs *vm.Thumbs, proceed func()) *Panel {
	p := &Panel{
		head: container.NewHBox(), datasets: widget.Stack(2), notes: widget.Stack(-4),
		bars: widget.NewBars(), stimuli: widget.NewStimuli(thumbs, 92, nil, nil),
		title: widget.NewText("", ftheme.SizeNameSubHeadingText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}),
		file:  widget.Caption(""),
	}
	p.proceed = fwidget.NewButtonWithIcon("Reconstruct images", ftheme.NavigateNextIcon(), proceed)
	p.proceed.Importance = fwidget.HighImportance
	p.proceed.IconPlacement = fwidget.ButtonIconTrailingText
	p.none = container.NewCenter(widget.Stack(2, widget.Section("This session's file lists no stimuli"), widget.Caption("Choose another session on the left.")))

	left := widget.Stack(14,
		widget.Stack(6, widget.Section("Sessions"), p.datasets),
		widget.Stack(6, widget.Section("Voxels per region"), p.bars),
		p.notes)
	side := widget.AtLeast(330, 0, container.NewVScroll(widget.PadHV(0, 2, widget.NewSurface(theme.ColorSurface, 10, 14, left))))
	right := container.NewBorder(widget.PadHV(6, 4, widget.Stack(2, p.title, p.file)), nil, nil, nil, container.NewStack(p.stimuli, p.none))
	p.Content = widget.PadHV(20, 14, container.NewBorder(
		widget.Stack(0, container.NewBorder(nil, nil, nil, container.NewCenter(p.proceed), p.head), widget.Space(0, 12)),
		nil, container.NewHBox(side, widget.Space(10, 0)), nil, right))
	return p
}

// SetSubject shows a subject.
func (p *Panel) SetSubject(s *session.Subject) {
	p.subject = s
	name := container.NewHBox(widget.Heading(s.Name))
	if s.Simulated {
		name.Add(container.NewCenter(widget.NewBadge("simulated")))
	}
	where := s.Dir
	if s.Simulated {
		where = "Made by the program, no person behind it · " + s.Dir
	}
	p.head.Objects = []fyne.CanvasObject{widget.Stack(1, name, widget.Caption(where))}
	p.head.Refresh()

	p.choices, p.datasets.Objects = nil, nil
	for i, d := range s.Datasets {
		text := widget.Stack(0, widget.NewText(vm.SessionTitle(d.Session), ftheme.SizeNameText, ftheme.ColorNameForeground, fyne.TextStyle{}),
			widget.Caption(vm.Count(d.Samples, "sample")+" · "+vm.Count(d.Runs, "run")+" · "+vm.Count(len(d.Stimuli), "stimulus")))
		c := widget.NewChoice(widget.PadHV(10, 6, text), func() { p.Show(i) })
		p.choices = append(p.choices, c)
		p.datasets.Add(c)
	}
	p.notes.Objects = nil
	if len(s.Notes) > 0 {
		p.notes.Add(widget.Section("Notes on these files"))
		p.notes.Add(widget.Space(0, 8))
		for _, n := range s.Notes {
			icon := container.NewVBox(widget.Space(0, 3), fwidget.NewIcon(ftheme.InfoIcon()))
			p.notes.Add(container.NewBorder(nil, nil, icon, nil, widget.Note(n)))
		}
	}
	p.notes.Refresh()
	p.Show(0)
}

// Show shows a dataset of the subject.
func (p *Panel) Show(i int) {
	if p.subject == nil || i >= len(p.subject.Datasets) {
		p.title.SetText("No session in this subject")
		p.file.SetText("")
		p.stimuli.Set(nil)
		p.bars.Set(nil)
		return
	}
	p.at = i
	for j, c := range p.choices {
		c.SetChosen(i == j)
	}
	d := p.subject.Datasets[i]
	var bars []widget.Bar
	for _, r := range d.ROIs {
		bars = append(bars, widget.Bar{Name: r.Name, Value: r.Voxels})
	}
	p.bars.Set(bars)
	p.title.SetText(vm.SessionTitle(d.Session) + " · " + vm.Count(len(d.Stimuli), "stimulus"))
	p.file.SetText(filepath.Base(d.File))
	p.stimuli.Set(d.Stimuli)
	if len(d.Stimuli) == 0 {
		p.none.Show()
	} else {
		p.none.Hide()
	}
}

// Shown is the number of the dataset shown.
func (p *Panel) Shown() int { return p.at }
