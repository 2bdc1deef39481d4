// Package load is the panel that shows what was opened: first a report on the
// files, then sessions, samples, voxels per region and stimuli.
package load

import (
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
	shown    []session.Finding
	at       int // dataset shown
	head     *fyne.Container
	datasets *fyne.Container
	choices  []*widget.Choice
	bars     *widget.Bars
	drop     *fwidget.Check // leave out one-back repetitions
	report   *widget.Choice
	summary  *widget.Text
	findings *container.Scroll
	title    *widget.Text
	file     *widget.Text
	stimuli  *widget.Stimuli
	none     fyne.CanvasObject
	voxels   fyne.CanvasObject
	proceed  *fwidget.Button
}

// New makes an empty panel; proceed goes on to reconstruction.
func New(thumbs *vm.Thumbs, proceed func()) *Panel {
	p := &Panel{
		head: container.NewHBox(), datasets: widget.Stack(2), summary: widget.Caption(""), findings: container.NewVScroll(widget.Stack(0)),
		bars: widget.NewBars(), stimuli: widget.NewStimuli(thumbs, 92, nil, nil),
		title: widget.NewText("", ftheme.SizeNameSubHeadingText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}),
		file:  widget.Caption(""),
	}
	p.proceed = fwidget.NewButtonWithIcon("Reconstruct images", ftheme.NavigateNextIcon(), proceed)
	p.proceed.Importance = fwidget.HighImportance
	p.proceed.IconPlacement = fwidget.ButtonIconTrailingText
	p.none = container.NewCenter(widget.Stack(2, widget.Section("This session's file lists no stimuli"), widget.Caption("Choose another session on the left.")))

	p.drop = fwidget.NewCheck("Leave out one-back repetitions", func(on bool) {
		if p.subject != nil {
			p.subject.DropRepetitions = on
		}
	})
	p.report = widget.NewChoice(widget.PadHV(10, 6, widget.Stack(0, widget.NewText("Report on the files", ftheme.SizeNameText, ftheme.ColorNameForeground, fyne.TextStyle{}), p.summary)), p.ShowReport)
	p.voxels = widget.Stack(6, widget.Section("Voxels per region"), p.bars)
	left := widget.Stack(14,
		p.report,
		widget.Stack(6, widget.Section("Sessions"), p.datasets, p.drop),
		p.voxels)
	side := widget.AtLeast(330, 0, container.NewVScroll(widget.PadHV(0, 2, widget.NewSurface(theme.ColorSurface, 10, 14, left))))
	right := container.NewBorder(widget.PadHV(6, 4, widget.Stack(2, p.title, p.file)), nil, nil, nil, container.NewStack(p.stimuli, p.none, widget.PadHV(6, 6, p.findings)))
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
			widget.Caption(vm.DatasetText(d)))
		c := widget.NewChoice(widget.PadHV(10, 6, text), func() { p.Show(i) })
		p.choices = append(p.choices, c)
		p.datasets.Add(c)
	}
	p.drop.Hide()
	for _, d := range s.Datasets {
		if d.Repeated > 0 {
			p.drop.Show()
		}
	}
	p.drop.SetChecked(s.DropRepetitions)
	p.Report(nil)
	p.Show(0)
	p.ShowReport()
}

// Report shows the subject's report and what else there is to report now.
func (p *Panel) Report(more []session.Finding) {
	if p.subject == nil {
		return
	}
	p.shown = append(append([]session.Finding(nil), p.subject.Report...), more...)
	p.summary.SetText(vm.ReportSummary(p.shown))
	p.summary.SetColor(map[session.Level]fyne.ThemeColorName{session.Wrong: ftheme.ColorNameError, session.Warning: ftheme.ColorNameWarning, session.Fine: theme.ColorMuted}[vm.Worst(p.shown)])
	p.findings.Content = widget.NewReport(p.shown)
	p.findings.ScrollToTop()
	p.findings.Refresh()
	if p.report.Chosen() {
		p.file.SetText(vm.ReportSummary(p.shown))
	}
}

// ShowReport turns to the report.
func (p *Panel) ShowReport() {
	if p.subject == nil {
		return
	}
	for _, c := range p.choices {
		c.SetChosen(false)
	}
	p.report.SetChosen(true)
	p.title.SetText("What was found")
	p.file.SetText(vm.ReportSummary(p.shown))
	p.stimuli.Hide()
	p.none.Hide()
	p.voxels.Hide()
	p.findings.Show()
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
	p.report.SetChosen(false)
	p.findings.Hide()
	p.stimuli.Show()
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
	p.file.SetText(vm.FilesText(d))
	if len(bars) > 0 && d.File != "" {
		p.voxels.Show()
	} else {
		p.voxels.Hide()
	}
	p.stimuli.Set(d.Stimuli)
	if len(d.Stimuli) == 0 {
		p.none.Show()
	} else {
		p.none.Hide()
	}
}

// Shown is the number of the dataset shown.
func (p *Panel) Shown() int { return p.at }
