// Package evaluate is the panel that shows the scores of reconstructions, the tests between them, and the paper's
// figures drawn from them, and saves figures and report.
package evaluate

import (
	"fmt"
	"image"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/evaluation"
	"reverie/app/figure/paper"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// Deps is what the panel works with.
type Deps struct {
	Results *vm.Results
	Mail    *vm.Mailbox
	Choose  func() // asks for a folder of reconstructions
	Browse  func() // goes to the Browse panel
	Folder  func(title string, do func(path string))
	Save    func(name string, do func(path string))
	Say     func(text string)
	Problem func(vm.Problem)
	Copy    func(text string)
	Ratings func() // asks for a folder of raters' answers
}

// Panel is the Evaluate panel.
type Panel struct {
	Content fyne.CanvasObject

	d       Deps
	empty   fyne.CanvasObject
	body    fyne.CanvasObject
	title   *widget.Text
	about   *widget.Text
	tabs    *container.AppTabs
	figures *fwidget.List
	can     []figureEntry
	at      int
	picture *canvas.Image
	caption *widget.Paragraph
	why     *widget.Paragraph
	scores  *fwidget.List
	tests   *fwidget.List
	methods *fwidget.Label
	marks   *fwidget.Check
	boot    *fwidget.Check
	ties    *fwidget.Select
	shown   *evaluation.Report
	drawing int // counts drawings, so that a late one of another figure is not shown
}

// figureEntry is a figure and whether the reconstructions for it are there.
type figureEntry struct {
	evaluation.Figure
	sheet paper.Sheet
}

// New makes the panel without scores.
func New(d Deps) *Panel {
	p := &Panel{d: d}
	p.title = widget.NewText("", ftheme.SizeNameText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true})
	p.about = widget.Caption("")
	p.makeEmpty()
	p.makeBody()
	p.body.Hide()
	p.Content = widget.PadHV(14, 12, container.NewStack(p.body, p.empty))
	d.Results.OnChange(p.Refresh)
	return p
}

func (p *Panel) makeEmpty() {
	open := fwidget.NewButtonWithIcon("Open a folder of reconstructions…", ftheme.FolderOpenIcon(), p.d.Choose)
	open.Importance = fwidget.HighImportance
	p.why = widget.Note("Scores as in the paper, tests, its figures drawn from your own reconstructions, and a report from which the same numbers come again.").Centre()
	p.empty = container.NewCenter(widget.Stack(14,
		widget.NewText("Nothing to evaluate yet", ftheme.SizeNameSubHeadingText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}).Align(fyne.TextAlignCenter),
		widget.AtLeast(460, 0, p.why), container.NewCenter(open)))
}

func (p *Panel) makeBody() {
	spec := &p.d.Results.Spec
	p.ties = fwidget.NewSelect([]string{"Ties fail (bdpy)", "Ties succeed", "Ties count half"}, nil)
	p.ties.SetSelectedIndex(0)
	p.ties.OnChanged = func(string) {
		spec.Ties = []string{evaluation.Strict, evaluation.Lenient, evaluation.Half}[p.ties.SelectedIndex()]
		p.d.Results.Again()
	}
	p.boot = fwidget.NewCheck("Bootstrap intervals", func(on bool) {
		if spec.Interval = evaluation.Student; on {
			spec.Interval = evaluation.Bootstrap
		}
		p.d.Results.Again()
	})
	p.marks = fwidget.NewCheck("The paper's values", func(bool) { p.remake(); p.draw() })
	head := container.NewBorder(nil, nil, container.NewHBox(container.NewCenter(p.title), widget.Space(8, 0), container.NewCenter(p.about)),
		container.NewHBox(p.marks, p.boot, widget.AtLeast(136, 0, p.ties), fwidget.NewButton("Ratings…", p.d.Ratings), fwidget.NewButton("Browse", p.d.Browse), fwidget.NewButtonWithIcon("Save report…", ftheme.DocumentSaveIcon(), p.saveReport),
			fwidget.NewButtonWithIcon("", ftheme.FolderOpenIcon(), p.d.Choose)))
	p.tabs = container.NewAppTabs(
		container.NewTabItem("Figures", p.makeFigures()), container.NewTabItem("Scores", p.makeScores()),
		container.NewTabItem("Comparisons", p.makeTests()), container.NewTabItem("Methods", p.makeMethods()))
	p.body = container.NewBorder(widget.Stack(2, head, widget.Space(0, 4)), nil, nil, nil, p.tabs)
}

func (p *Panel) makeFigures() fyne.CanvasObject {
	p.figures = fwidget.NewList(func() int { return len(p.can) }, func() fyne.CanvasObject {
		l := fwidget.NewLabel("")
		l.Truncation = fyne.TextTruncateEllipsis
		return l
	}, func(i fwidget.ListItemID, o fyne.CanvasObject) {
		l, f := o.(*fwidget.Label), p.can[i]
		l.Importance = fwidget.MediumImportance
		if f.sheet == nil {
			l.Importance = fwidget.LowImportance
		}
		l.SetText(f.ID + "  " + f.Title)
	})
	p.figures.OnSelected = func(i fwidget.ListItemID) {
		p.at = i
		p.draw()
	}
	p.picture = canvas.NewImageFromImage(nil)
	p.picture.FillMode, p.picture.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleSmooth
	p.caption = widget.Note("")
	save := fwidget.NewButtonWithIcon("Save figure… (PDF, SVG, PNG)", ftheme.DocumentSaveIcon(), p.saveFigure)
	ground := canvas.NewRectangle(image.White)
	ground.CornerRadius = 6
	view := container.NewBorder(nil, widget.Stack(4, widget.Space(0, 2), p.caption, container.NewHBox(save)), nil, nil, container.NewStack(ground, widget.Pad(14, p.picture)))
	return widget.PadHV(0, 8, container.NewBorder(nil, nil, container.NewHBox(widget.AtLeast(258, 0, p.figures), widget.Space(10, 0)), nil, view))
}

// row is a line of cells with widths of its own; the first takes what is left.
func row(widths []float32, cells ...fyne.CanvasObject) *fyne.Container {
	right := container.NewHBox()
	for i, c := range cells[1:] {
		right.Add(widget.AtLeast(widths[i], 0, c))
	}
	return container.NewBorder(nil, nil, nil, right, cells[0])
}

var scoreWidths = []float32{190, 170, 210, 90, 110}

func cell() *fwidget.Label {
	l := fwidget.NewLabel("")
	l.Truncation = fyne.TextTruncateEllipsis
	return l
}

func header(widths []float32, names ...string) fyne.CanvasObject {
	var cells []fyne.CanvasObject
	for _, n := range names {
		l := cell()
		l.TextStyle.Bold = true
		l.SetText(n)
		cells = append(cells, l)
	}
	return row(widths, cells...)
}

// fill sets the cells of a row: the first stands first in the container, the others in the box at its right.
func fill(o fyne.CanvasObject, texts ...string) {
	c := o.(*fyne.Container)
	var first *fwidget.Label
	var rest []*fwidget.Label
	for _, x := range c.Objects {
		switch x := x.(type) {
		case *fwidget.Label:
			first = x
		case *fyne.Container:
			for _, y := range x.Objects {
				rest = append(rest, y.(*fyne.Container).Objects[0].(*fwidget.Label))
			}
		}
	}
	first.SetText(texts[0])
	for i, l := range rest {
		l.SetText(texts[i+1])
	}
}

// pooled are the summaries over all subjects.
func (p *Panel) pooled() (out []evaluation.Cell) {
	if p.shown == nil {
		return nil
	}
	for _, c := range p.shown.Cells {
		if c.Subject == "" {
			out = append(out, c)
		}
	}
	return out
}

func (p *Panel) makeScores() fyne.CanvasObject {
	p.scores = fwidget.NewList(func() int { return len(p.pooled()) }, func() fyne.CanvasObject {
		return row(scoreWidths, cell(), cell(), cell(), cell(), cell(), cell())
	}, func(i fwidget.ListItemID, o fyne.CanvasObject) {
		c := p.pooled()[i]
		chance, labels := "", ""
		if c.Chance > 0 {
			chance = fmt.Sprintf("%.3g %%", 100*c.Chance)
		}
		if c.P != nil {
			labels = vm.PText(*c.P)
		}
		fill(o, c.Way.String(), evaluation.MeasureName(c.Measure), evaluation.TaskName(c.Task), c.Text(), chance, labels)
	})
	return container.NewBorder(header(scoreWidths, "Reconstructions", "Measure", "Task", "Mean [95 % interval], n", "Chance", "p (labels)"), nil, nil, nil, p.scores)
}

var testWidths = []float32{170, 320, 110}

func (p *Panel) makeTests() fyne.CanvasObject {
	p.tests = fwidget.NewList(func() int {
		if p.shown == nil {
			return 0
		}
		return len(p.shown.Tests)
	}, func() fyne.CanvasObject { return row(testWidths, cell(), cell(), cell(), cell()) }, func(i fwidget.ListItemID, o fyne.CanvasObject) {
		t := p.shown.Tests[i]
		fill(o, t.Name, evaluation.MeasureName(t.Measure), t.APA, vm.PText(t.PHolm))
	})
	why := widget.Note("Choose a comparison to see why this test, and what it assumes; its APA string is copied.")
	p.tests.OnSelected = func(i fwidget.ListItemID) {
		t := p.shown.Tests[i]
		why.SetText(t.Why)
		p.d.Copy(t.APA)
	}
	return container.NewBorder(header(testWidths, "Comparison", "Measure", "Result", "p (Holm)"), widget.PadHV(4, 6, why), nil, nil, p.tests)
}

func (p *Panel) makeMethods() fyne.CanvasObject {
	p.methods = fwidget.NewLabel("")
	p.methods.Wrapping = fyne.TextWrapWord
	p.methods.Selectable = true
	return container.NewBorder(nil, container.NewHBox(fwidget.NewButtonWithIcon("Copy", ftheme.ContentCopyIcon(), func() { p.d.Copy(p.methods.Text) })), nil, nil, container.NewVScroll(p.methods))
}

// Refresh shows the newest state.
func (p *Panel) Refresh() {
	r := p.d.Results
	if len(r.Paths) == 0 {
		return
	}
	if r.Report == nil {
		if r.Busy() {
			p.why.SetText(vm.StageText(r.Progress))
			p.about.SetText(vm.StageText(r.Progress))
		} else if p.shown == nil {
			p.why.SetText("These reconstructions have no originals beside them: name the folder of the stimulus pictures in Browse.")
		}
		return
	}
	if p.shown == r.Report {
		return
	}
	p.shown = r.Report
	p.empty.Hide()
	p.body.Show()
	var names []string
	for _, path := range r.Paths {
		names = append(names, filepath.Base(path))
	}
	p.title.SetText(strings.Join(names, ", "))
	about := fmt.Sprintf("%s of %s", vm.Count(r.Report.Inputs.Reconstructions, "reconstruction"), vm.Count(len(r.Report.Inputs.Subjects), "subject"))
	if r.Report.Simulated {
		about += " · simulated"
	}
	p.about.SetText(about)
	p.methods.SetText(r.Report.Methods())
	p.remake()
	p.scores.Refresh()
	p.tests.UnselectAll()
	p.tests.Refresh()
	if p.at >= len(p.can) || p.can[p.at].sheet == nil {
		for i := range p.can {
			if p.can[i].sheet != nil {
				p.at = i
				break
			}
		}
	}
	p.figures.Select(p.at)
	p.draw()
}
