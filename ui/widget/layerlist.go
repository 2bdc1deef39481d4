package widget

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/vm"
)

// LayerList is the choice of layers: a check per DNN group, which opens to one
// per layer.
type LayerList struct {
	Content *fyne.Container
	choice  *vm.Layers
	count   *Text
	groups  map[string]*fwidget.Check
	layers  map[string]*fwidget.Check
	counts  map[string]*Text
	changed func()
	busy    bool // setting checks, not being tapped
}

// NewLayerList shows a choice and changes it; changed is called after each change.
func NewLayerList(choice *vm.Layers, changed func()) *LayerList {
	l := &LayerList{
		choice: choice, changed: changed, count: Caption(""),
		groups: map[string]*fwidget.Check{}, layers: map[string]*fwidget.Check{}, counts: map[string]*Text{},
	}
	all := fwidget.NewButton("All", func() { l.choice.SetAll(true); l.sync() })
	none := fwidget.NewButton("None", func() { l.choice.SetAll(false); l.sync() })
	all.Importance, none.Importance = fwidget.LowImportance, fwidget.LowImportance
	l.Content = Stack(-6, container.NewBorder(nil, nil, container.NewHBox(Section("Layers"), container.NewCenter(l.count)), container.NewHBox(all, none)))
	for _, g := range l.choice.Groups {
		l.Content.Add(l.row(g))
	}
	l.sync()
	return l
}

func (l *LayerList) row(g vm.Group) fyne.CanvasObject {
	check := fwidget.NewCheck(g.Name, func(on bool) { l.set(func() { l.choice.SetGroup(g.Name, on) }) })
	l.groups[g.Name] = check
	l.counts[g.Name] = Caption("")
	inner := container.NewGridWithColumns(2)
	for _, name := range g.Layers {
		c := fwidget.NewCheck(name, func(on bool) { l.set(func() { l.choice.Set(name, on) }) })
		l.layers[name] = c
		inner.Add(c)
	}
	open := PadHV(26, 0, inner)
	open.Hide()
	more := fwidget.NewButtonWithIcon("", ftheme.MenuDropDownIcon(), nil)
	more.Importance = fwidget.LowImportance
	more.OnTapped = func() {
		if open.Visible() {
			open.Hide()
			more.SetIcon(ftheme.MenuDropDownIcon())
		} else {
			open.Show()
			more.SetIcon(ftheme.MenuDropUpIcon())
		}
		l.Content.Refresh()
	}
	return Stack(-6, container.NewBorder(nil, nil, check, container.NewHBox(container.NewCenter(l.counts[g.Name]), more)), open)
}

func (l *LayerList) set(f func()) {
	if l.busy {
		return
	}
	f()
	l.sync()
}

// Sync shows a choice that was changed elsewhere.
func (l *LayerList) Sync() { l.sync() }

// sync shows the choice in all checks.
func (l *LayerList) sync() {
	l.busy = true
	defer func() { l.busy = false }()
	for _, g := range l.choice.Groups {
		n, share := l.choice.Of(g)
		c := l.groups[g.Name]
		c.Checked, c.Partial = share == vm.AllLayers, share == vm.SomeLayers
		c.Refresh()
		l.counts[g.Name].SetText(fmt.Sprintf("%d of %d", n, len(g.Layers)))
		for _, name := range g.Layers {
			l.layers[name].Checked = l.choice.Has(name)
			l.layers[name].Refresh()
		}
	}
	l.count.SetText(fmt.Sprintf("%d of %d", len(l.choice.Chosen()), l.choice.Total()))
	if l.changed != nil {
		l.changed()
	}
}
