// Package browse is the panel that shows reconstructions as a matrix, stimuli down and visual areas across, with the
// scores of each column, one of them large, and some side by side.
package browse

import (
	"fmt"
	"image"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/results"
	"reverie/app/session"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// Deps is what the panel works with.
type Deps struct {
	Results   *vm.Results
	Mail      *vm.Mailbox
	Choose    func()                                  // asks for a folder of reconstructions
	Originals func()                                  // asks for a folder of stimulus pictures
	Make      func()                                  // goes to the Batch panel
	Evaluate  func()                                  // goes to the Evaluate panel
	Say       func(text string)                       // one line
	Save      func(name string, do func(path string)) // asks where to save
	Problem   func(vm.Problem)
}

// Panel is the Browse panel.
type Panel struct {
	Content fyne.CanvasObject

	d       Deps
	matrix  *vm.Matrix
	thumbs  *vm.Thumbs
	opened  any // the catalogue that the matrix was made of
	scored  bool
	layout  widget.MatrixLayout
	list    *fwidget.List
	room    *fyne.Container // of header and list
	head    *fyne.Container
	empty   fyne.CanvasObject
	body    fyne.CanvasObject
	filters []*filter
	sort    *fwidget.Select
	columns *fwidget.Select
	search  *fwidget.Entry
	count   *widget.Text
	title   *widget.Text
	hovered *widget.Text
	detail  *detail
	filling bool
	telling bool // of progress, in the line below
}

// New makes the panel without reconstructions.
func New(d Deps) *Panel {
	p := &Panel{d: d, matrix: vm.NewMatrix(d.Results)}
	p.thumbs = vm.NewThumbs(vm.LoadThumb, d.Mail)
	p.detail = newDetail(d, p)
	p.count, p.title, p.hovered = widget.Caption(""), widget.NewText("", ftheme.SizeNameText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}), widget.Caption(" ")
	p.room = container.NewStack()
	p.empty = p.makeEmpty()
	p.body = container.NewBorder(p.makeBar(), p.hovered, nil, container.NewHBox(widget.Space(10, 0), p.detail.content), p.room)
	p.body.Hide()
	p.Content = widget.PadHV(14, 12, container.NewStack(p.body, p.empty))
	d.Results.OnChange(p.Refresh)
	return p
}

func (p *Panel) makeEmpty() fyne.CanvasObject {
	open := fwidget.NewButtonWithIcon("Open a folder of reconstructions…", ftheme.FolderOpenIcon(), p.d.Choose)
	open.Importance = fwidget.HighImportance
	return container.NewCenter(widget.Stack(14,
		widget.NewText("No reconstructions yet", ftheme.SizeNameSubHeadingText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}).Align(fyne.TextAlignCenter),
		widget.AtLeast(460, 0, widget.Note("Open what Batch, Watch or a command saved, or what the lab's scripts wrote (recon_img-*.mat with pictures, recon_image-*.tiff). Folders can be dropped here too.").Centre()),
		container.NewCenter(container.NewHBox(open, fwidget.NewButton("Make some with Batch", p.d.Make)))))
}

// Open shows the reconstructions of folders.
func (p *Panel) Open(paths []string) { p.d.Results.Open(paths) }

// Matrix is what is shown.
func (p *Panel) Matrix() *vm.Matrix { return p.matrix }

// Refresh shows the newest state.
func (p *Panel) Refresh() {
	r := p.d.Results
	if len(r.Paths) == 0 {
		return
	}
	if r.Catalogue == nil {
		p.hovered.SetText(vm.StageText(r.Progress))
		if !r.Busy() && p.opened == nil {
			p.body.Hide()
			p.empty.Show()
		}
		return
	}
	p.empty.Hide()
	p.body.Show()
	if p.opened != any(r.Catalogue) {
		p.opened, p.scored = r.Catalogue, false
		var names []string
		for _, path := range r.Paths {
			names = append(names, filepath.Base(path))
		}
		p.title.SetText(strings.Join(names, ", "))
		p.matrix.Reset()
		p.search.SetText("")
		p.fill()
		p.arrange()
	}
	if r.Report != nil && !p.scored {
		p.scored = true
		p.matrix.Arrange()
		p.arrange()
	}
	switch {
	case r.Busy():
		p.hovered.SetText(vm.StageText(r.Progress))
		p.telling = true
	case r.Report == nil:
		p.hovered.SetText("Not scored: there are no originals. Name their folder with Originals…")
	case p.telling:
		p.hovered.SetText(" ")
		p.telling = false
	}
}

// arrange makes header and rows anew.
func (p *Panel) arrange() {
	m := p.matrix
	n := len(m.Names) + 1
	side := float32(64)
	switch {
	case n <= 4:
		side = 120
	case n <= 7:
		side = 84
	}
	p.layout = widget.MatrixLayout{Name: 92, Side: side, Gap: 6, Columns: n}
	p.list = fwidget.NewList(func() int { return len(m.Rows) }, func() fyne.CanvasObject {
		row := widget.NewMatrixRow(p.layout)
		row.Chose, row.Hovered = p.choose, p.hover
		return row
	}, func(i fwidget.ListItemID, o fyne.CanvasObject) { p.show(i, o.(*widget.MatrixRow)) })
	p.list.HideSeparators = true
	p.head = p.header()
	inner := container.NewBorder(p.head, nil, nil, nil, p.list)
	p.room.Objects = []fyne.CanvasObject{container.NewHScroll(widget.AtLeast(p.layout.Width()+16, 0, inner))}
	p.room.Refresh()
	p.count.SetText(fmt.Sprintf("%s, %s", vm.Count(len(m.Rows), "row"), vm.Count(len(m.Names), "column")))
	p.detail.show(m.Chosen(), m)
}

// show fills a row that comes into view.
func (p *Panel) show(i int, row *widget.MatrixRow) {
	m := p.matrix
	if i >= len(m.Rows) || p.layout.Columns != len(m.Names)+1 {
		return
	}
	r := m.Rows[i]
	row.Set(i, r.Label, r.About)
	set := func(column int, path, none string) {
		if path == "" {
			row.SetPicture(column, nil, none)
			return
		}
		size := int(p.layout.Side)
		img, ok := p.thumbs.Get(session.Stimulus{Image: path}, size, func(late *image.NRGBA) {
			if row.Index == i {
				row.SetPicture(column, late, "")
			}
		})
		if !ok {
			row.SetPicture(column, nil, "")
			return
		}
		row.SetPicture(column, img, "")
	}
	set(0, r.Original, "–")
	row.Mark(0, m.Row == i && m.Column == -1, false)
	for c, cell := range r.Cells {
		path := ""
		if cell != nil {
			path = cell.File
		}
		set(c+1, path, "–")
		row.Mark(c+1, m.Row == i && m.Column == c, m.IsPinned(cell))
	}
}

func (p *Panel) choose(row, column int) {
	p.matrix.Row, p.matrix.Column = row, column-1
	p.chosen()
}

func (p *Panel) chosen() {
	p.list.Refresh()
	p.detail.show(p.matrix.Chosen(), p.matrix)
}

// hover tells of the cell under the pointer.
func (p *Panel) hover(row, column int) {
	m := p.matrix
	if row >= len(m.Rows) || column < 1 || m.Rows[row].Cells[column-1] == nil {
		p.hovered.SetText(" ")
		return
	}
	p.hovered.SetText(p.facts(m.Rows[row].Cells[column-1]))
}

// facts are a line on a reconstruction.
func (p *Panel) facts(r *results.Reconstruction) string {
	out := []string{r.Label}
	if r.Subject != "" {
		out = append(out, r.Subject)
	}
	roi := r.ROI
	if r.Voxels > 0 {
		roi += fmt.Sprintf(" (%s voxels)", vm.Count(r.Voxels, ""))
	}
	for _, s := range []string{roi, r.Layers, r.Value(results.Prior)} {
		if s != "" {
			out = append(out, s)
		}
	}
	if v, ok := p.d.Results.Score(r, "correlation"); ok {
		out = append(out, fmt.Sprintf("r = %.3f", v))
	}
	for _, t := range []struct{ task, name string }{{"all", "identification"}, {"shape", "shape"}, {"colour", "colour"}} {
		if v, ok := p.d.Results.Score(r, t.task); ok {
			out = append(out, fmt.Sprintf("%s %.0f %%", t.name, 100*v))
		}
	}
	return strings.Join(out, " · ")
}

// where is the picture's path below the folder that was opened.
func (p *Panel) where(r *results.Reconstruction) string {
	for _, root := range p.d.Results.Paths {
		if rel, err := filepath.Rel(root, r.File); err == nil && !strings.HasPrefix(rel, "..") {
			return filepath.ToSlash(rel)
		}
	}
	return filepath.ToSlash(r.File)
}

// Move goes to a neighbouring cell, Pin, Blink and Zoom act on the chosen one.
func (p *Panel) Move(rows, columns int) {
	if p.list == nil {
		return
	}
	p.matrix.Move(rows, columns)
	p.list.ScrollTo(p.matrix.Row)
	p.chosen()
}

// Pin keeps the chosen cell beside others.
func (p *Panel) Pin() {
	if !p.matrix.Pin() {
		p.d.Say(fmt.Sprintf("%d are pinned: let one go first", vm.MostPinned))
	}
	if p.list != nil {
		p.chosen()
	}
}

// Blink shows original and reconstruction in turn.
func (p *Panel) Blink() { p.detail.blink.SetChecked(!p.detail.blink.Checked) }

// Zoom goes through fit, 1× and 8×.
func (p *Panel) Zoom() { p.detail.nextZoom() }
