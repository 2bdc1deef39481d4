package browse

import (
	"image/color"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/results"
	"reverie/compute/eval"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// filter is a choice among the values of a field.
type filter struct {
	field  results.Field
	all    string
	choose *fwidget.Select
	room   fyne.CanvasObject
	values []string
}

var filterNames = []struct {
	field results.Field
	all   string
	width float32
}{
	{results.Condition, "All conditions", 168}, {results.Subject, "All subjects", 136}, {results.ROI, "All areas", 112}, {results.Layers, "All layer sets", 140},
	{results.Prior, "With and without prior", 186}, {results.Source, "All sources", 130}, {results.Shape, "All shapes", 130}, {results.Colour, "All colours", 130}, {results.Category, "All categories", 150},
}

var columnNames = map[results.Field]string{
	results.ROI: "Columns: areas", results.Layers: "Columns: layer sets", results.Prior: "Columns: prior", results.Subject: "Columns: subjects", results.Source: "Columns: sources",
}

func (p *Panel) makeBar() fyne.CanvasObject {
	var names []string
	for _, f := range vm.ColumnFields {
		names = append(names, columnNames[f])
	}
	p.columns = fwidget.NewSelect(names, func(string) {
		if i := p.columns.SelectedIndex(); i >= 0 && !p.filling {
			p.matrix.Columns, p.matrix.Sort = vm.ColumnFields[i], ""
			delete(p.matrix.Filter, p.matrix.Columns)
			p.matrix.Column = 0
			p.matrix.Arrange()
			p.fill()
			p.arrange()
		}
	})
	p.sort = fwidget.NewSelect(nil, func(string) {
		if p.filling {
			return
		}
		switch i := p.sort.SelectedIndex(); {
		case i <= 0:
			p.matrix.Sort = ""
		case i == 1:
			p.matrix.Sort = vm.SortMean
		default:
			p.matrix.Sort = p.matrix.Names[i-2]
		}
		p.matrix.Arrange()
		p.arrange()
	})
	p.search = fwidget.NewEntry()
	p.search.SetPlaceHolder("Stimulus")
	p.search.OnChanged = func(s string) {
		p.matrix.Text = strings.TrimSpace(s)
		p.matrix.Arrange()
		p.arrange()
	}
	row := container.NewHBox(widget.AtLeast(178, 0, p.columns), widget.AtLeast(160, 0, p.sort))
	for _, n := range filterNames {
		f := &filter{field: n.field, all: n.all}
		f.choose = fwidget.NewSelect(nil, func(string) {
			i := f.choose.SelectedIndex()
			if i < 0 || p.filling {
				return
			}
			v := ""
			if i > 0 {
				v = f.values[i-1]
			}
			p.matrix.Choose(f.field, v)
			p.fill()
			p.arrange()
		})
		p.filters = append(p.filters, f)
		f.room = widget.AtLeast(n.width, 0, f.choose)
		row.Add(f.room)
	}
	open := fwidget.NewButtonWithIcon("", ftheme.FolderOpenIcon(), p.d.Choose)
	buttons := container.NewHBox(fwidget.NewButton("Originals…", p.d.Originals), fwidget.NewButtonWithIcon("Save sheet…", ftheme.DocumentSaveIcon(), p.save), fwidget.NewButton("Evaluate", p.d.Evaluate), open)
	head := container.NewBorder(nil, nil, container.NewHBox(container.NewCenter(p.title), widget.Space(8, 0), container.NewCenter(p.count)), buttons)
	return widget.Stack(4, head, container.NewBorder(nil, nil, nil, widget.AtLeast(140, 0, p.search), container.NewHScroll(row)), widget.Space(0, 2))
}

// fill puts the values that can be chosen into the filters; those with one value hide.
func (p *Panel) fill() {
	p.filling = true
	defer func() { p.filling = false }()
	m := p.matrix
	p.columns.SetSelectedIndex(slices.Index(vm.ColumnFields, m.Columns))
	for _, f := range p.filters {
		f.values = m.Choices(f.field)
		options := []string{f.all}
		for _, v := range f.values {
			if v == "" {
				v = "none"
			}
			options = append(options, v)
		}
		f.choose.SetOptions(options)
		at := 0
		if chosen := m.Filter[f.field]; len(chosen) == 1 {
			at = 1 + slices.Index(f.values, chosen[0])
		}
		f.choose.SetSelectedIndex(at)
		show(f.room, f.field != m.Columns && (len(f.values) > 1 || at > 0))
	}
	names := []string{"By stimulus", "Best mean first"}
	for _, n := range m.Names {
		names = append(names, "Best "+n+" first")
	}
	p.sort.SetOptions(names)
	at := 0
	switch i := slices.Index(m.Names, m.Sort); {
	case m.Sort == vm.SortMean:
		at = 1
	case i >= 0 && m.Sort != "":
		at = i + 2
	}
	p.sort.SetSelectedIndex(at)
}

func show(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

// hues of the tasks, as in the figures.
var hues = map[eval.Task]color.Color{
	eval.Whole: color.NRGBA{0x80, 0x88, 0x8c, 0xff}, eval.ByShape: color.NRGBA{0x2a, 0x8a, 0xd0, 0xff}, eval.ByColour: color.NRGBA{0xe0, 0x6a, 0x10, 0xff}, eval.ByColour6: color.NRGBA{0x10, 0xa8, 0x7c, 0xff},
}

var taskNames = map[eval.Task]string{eval.Whole: "all", eval.ByShape: "shape", eval.ByColour: "colour", eval.ByColour6: "of one lum."}
