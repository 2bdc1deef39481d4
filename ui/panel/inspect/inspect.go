// Package inspect is the panel that shows the inside of a file: its kind, facts
// about it, and a tree of groups, arrays and tensors with shapes, types and first
// values. Nothing large is read.
package inspect

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

// Deps is what the panel works with.
type Deps struct {
	Mail    *vm.Mailbox
	Problem func(vm.Problem)
	Choose  func() // asks for a file
}

// Panel is the Inspect panel.
type Panel struct {
	Content fyne.CanvasObject

	deps    Deps
	files   []session.File
	choices []*widget.Choice
	list    *fyne.Container
	title   *widget.Text
	path    *widget.Text
	facts   *fyne.Container
	tree    *fwidget.Tree
	body    *fyne.Container
	split   *container.Split // facts above, the tree below
	empty   fyne.CanvasObject
	outline *vm.Outline
	opening string // path, "" when nothing is being opened
	cancel  func()
}

// New makes the panel without a file.
func New(d Deps) *Panel {
	p := &Panel{deps: d, list: widget.Stack(2), title: widget.NewText("", ftheme.SizeNameSubHeadingText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}),
		path: widget.Caption(""), facts: widget.Stack(-13)}
	p.tree = fwidget.NewTree(p.children, p.branch, func(bool) fyne.CanvasObject { return newRow() }, p.update)
	p.tree.OnBranchOpened = func(id string) {
		if p.outline != nil {
			p.outline.Expand(id)
		}
	}
	p.tree.OnSelected = func(id string) {
		p.tree.Unselect(id)
		p.tree.ToggleBranch(id)
	}
	choose := fwidget.NewButtonWithIcon("Choose a file…", ftheme.FileIcon(), d.Choose)
	p.empty = container.NewCenter(widget.Stack(4, widget.Section("See what is in a file"),
		widget.AtLeast(360, 0, widget.Note("Choose one, or drop it here: subjects, features, models, arrays, tables. Its content is listed with shapes, types and first values; nothing large is read."))))
	side := widget.AtLeast(250, 0, widget.NewSurface(theme.ColorSurface, 10, 14, container.NewBorder(widget.Section("Open files"), choose, nil, nil, container.NewVScroll(widget.PadHV(0, 6, p.list)))))
	facts := container.NewBorder(widget.PadHV(6, 4, widget.Stack(2, p.title, p.path)), nil, nil, nil, container.NewVScroll(p.facts))
	p.split = container.NewVSplit(facts, container.NewBorder(header(), nil, nil, nil, p.tree))
	p.body = container.NewStack(p.split)
	p.body.Hide()
	right := container.NewStack(p.body, p.empty)
	p.Content = widget.PadHV(20, 14, container.NewBorder(nil, nil, container.NewHBox(side, widget.Space(10, 0)), nil, right))
	return p
}

// Shown opens the first file when the panel comes up with none.
func (p *Panel) Shown() {
	if p.outline == nil && p.opening == "" && len(p.files) > 0 {
		p.Open(p.files[0].Path)
	}
}

// SetFiles lists the files of what was opened.
func (p *Panel) SetFiles(files []session.File) {
	p.files = files
	p.fill()
}

func (p *Panel) fill() {
	p.list.Objects, p.choices = nil, nil
	for _, f := range p.files {
		text := widget.Stack(0, widget.NewText(short(filepath.Base(f.Path)), ftheme.SizeNameText, ftheme.ColorNameForeground, fyne.TextStyle{}), widget.Caption(f.Kind))
		c := widget.NewChoice(widget.PadHV(8, 5, text), func() { p.Open(f.Path) })
		c.SetChosen(p.outline != nil && p.outline.Doc.Path == f.Path)
		p.choices = append(p.choices, c)
		p.list.Add(c)
	}
	p.list.Refresh()
}

// short keeps the ends of a long name, which tell files apart.
func short(name string) string {
	r := []rune(name)
	if len(r) <= 32 {
		return name
	}
	return string(r[:15]) + "…" + string(r[len(r)-16:])
}

// Open shows a file.
func (p *Panel) Open(path string) {
	if p.cancel != nil {
		p.cancel()
	}
	p.opening = path
	p.title.SetText("Opening " + filepath.Base(path) + "…")
	p.path.SetText(path)
	p.empty.Hide()
	p.body.Show()
	p.cancel = vm.OpenOutline(path, p.deps.Mail, func() { p.tree.Refresh() }, func(o *vm.Outline, err error) {
		if p.opening != path {
			if o != nil {
				o.Close()
			}
			return
		}
		p.opening, p.cancel = "", nil
		p.show(o, path, err)
	})
}

func (p *Panel) show(o *vm.Outline, path string, err error) {
	if p.outline != nil {
		p.outline.Close()
		p.outline = nil
	}
	p.facts.Objects = nil
	if err != nil {
		p.title.SetText(filepath.Base(path))
		p.path.SetText(path)
		p.tree.Hide()
		if b, bad := vm.ProblemOf("look into this file", err); bad {
			p.deps.Problem(b)
		}
		p.fill()
		return
	}
	p.outline = o
	known := false
	for _, f := range p.files {
		known = known || f.Path == path
	}
	if !known {
		p.files = append([]session.File{{Path: path, Kind: o.Doc.Kind}}, p.files...)
	}
	p.title.SetText(filepath.Base(path))
	kind := o.Doc.Kind
	if o.Doc.Size > 0 {
		kind += " · " + vm.Size(o.Doc.Size)
	}
	p.path.SetText(kind + " · " + path)
	for _, f := range o.Doc.Facts {
		p.facts.Add(fact(f.Name, f.Text))
	}
	p.facts.Refresh()
	p.split.SetOffset(min(0.1+0.03*float64(len(p.facts.Objects)), 0.4))
	p.tree.CloseAllBranches()
	p.tree.ScrollToTop()
	p.tree.Refresh()
	p.tree.Show()
	p.facts.Show()
	p.fill()
}

func (p *Panel) children(id string) []string {
	if p.outline == nil {
		return nil
	}
	return p.outline.Children(id)
}

func (p *Panel) branch(id string) bool {
	if p.outline == nil {
		return false
	}
	r := p.outline.Row(id)
	return id == "" || r != nil && r.Branch
}

func (p *Panel) update(id string, _ bool, o fyne.CanvasObject) {
	if p.outline == nil {
		return
	}
	if r := p.outline.Row(id); r != nil {
		o.(*row).set(r)
	}
}
