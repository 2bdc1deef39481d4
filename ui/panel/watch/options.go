package watch

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/vm"
	"reverie/ui/widget"
)

// options is the sheet with every choice of a reconstruction, two columns of groups.
type options struct {
	form    *vm.ReconForm
	changed func()
	rows    []*optionRow
	busy    bool // the sheet sets its controls itself
	popup   *fwidget.PopUp
}

type optionRow struct {
	field  vm.Field
	shown  *widget.Field
	entry  *fwidget.Entry
	choose *fwidget.Select
	note   *widget.Text
}

func newOptions(form *vm.ReconForm, changed func()) *options {
	return &options{form: form, changed: changed}
}

// show opens the sheet over the window of an object.
func (o *options) show(over fyne.CanvasObject) {
	c := fyne.CurrentApp().Driver().CanvasForObject(over)
	if c == nil {
		return
	}
	o.popup = fwidget.NewModalPopUp(widget.Pad(10, o.content()), c)
	size := c.Size()
	o.popup.Resize(fyne.NewSize(min(860, size.Width-60), min(720, size.Height-60)))
	o.popup.Show()
}

func (o *options) content() fyne.CanvasObject {
	o.rows = nil
	columns := [2]*fyne.Container{widget.Stack(10), widget.Stack(10)}
	var group *fyne.Container
	last, side := "", 0
	for _, f := range vm.Fields() {
		if f.Group != last {
			last = f.Group
			if side == 0 && len(columns[0].Objects) >= 3 {
				side = 1
			}
			name := f.Group
			reset := fwidget.NewButton("Reset", func() { o.form.Reset(name); o.sync() })
			reset.Importance = fwidget.LowImportance
			group = widget.Stack(4, container.NewBorder(nil, nil, widget.Section(name), reset))
			columns[side].Add(group)
		}
		r := o.row(f)
		o.rows = append(o.rows, r)
		group.Add(r.shown.Content)
	}
	all := fwidget.NewButton("Reset all", func() { o.form.Reset(""); o.sync() })
	closing := fwidget.NewButton("Close", func() { o.popup.Hide() })
	closing.Importance = fwidget.HighImportance
	head := container.NewBorder(nil, nil, widget.NewText("All options", "subHeadingText", "foreground", fyne.TextStyle{Bold: true}), nil)
	foot := container.NewBorder(nil, nil, all, closing)
	body := container.NewVScroll(widget.PadHV(4, 6, container.NewGridWithColumns(2, widget.PadHV(0, 0, columns[0]), widget.PadHV(14, 0, columns[1]))))
	o.sync()
	return container.NewBorder(head, foot, nil, nil, body)
}

func (o *options) row(f vm.Field) *optionRow {
	r := &optionRow{field: f, note: widget.Caption("")}
	set := func(s string) {
		if o.busy {
			return
		}
		err := o.form.Set(f, s)
		o.sync()
		if err != nil {
			r.note.SetColor("error")
			r.note.SetText(err.Error())
		}
	}
	var control fyne.CanvasObject
	if f.Choices != nil {
		r.choose = fwidget.NewSelect(f.Choices, set)
		control = r.choose
	} else {
		r.entry = fwidget.NewEntry()
		r.entry.OnChanged = set
		control = r.entry
	}
	r.shown = widget.NewShortField(f.Name, "", 190, control)
	r.shown.Content.Add(container.NewBorder(nil, nil, nil, r.note))
	return r
}

// sync shows the form in all controls.
func (o *options) sync() {
	o.busy = true
	for _, r := range o.rows {
		why := o.form.Why(r.field)
		value := o.form.Value(r.field)
		if r.choose != nil {
			r.choose.SetSelected(value)
			enable(r.choose, why == "")
		} else {
			if r.entry.Text != value {
				r.entry.SetText(value)
			}
			enable(r.entry, why == "")
		}
		r.shown.SetChanged(o.form.Changed(r.field))
		text := r.field.Hint
		if why != "" {
			text = why
		}
		r.note.SetColor("reverieMuted")
		r.note.SetText(text)
	}
	o.busy = false
	o.changed()
}
