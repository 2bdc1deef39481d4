package train

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

// form is the left column: what to train, how, and the actions.
type form struct {
	content fyne.CanvasObject
	vm      *vm.TrainForm
	changed func()
	busy    bool // controls are being set, not used

	sessions *fwidget.Select
	rois     *fyne.Container
	checks   map[string]*fwidget.Check
	roiCount *widget.Text
	expr     *fwidget.Entry
	store    *fwidget.Select
	settings *settings
	out      *fwidget.Label
	lack     *widget.Paragraph

	start, pause, cancel *fwidget.Button
}

const computed = "Computed with the network in use"

func newForm(m *vm.TrainForm, d Deps, changed, start, pause, cancel func()) *form {
	f := &form{vm: m, changed: changed, busy: true, rois: container.NewGridWithColumns(2), roiCount: widget.Caption(""), lack: widget.Note(""), out: fwidget.NewLabel("")}
	f.sessions = fwidget.NewSelect(nil, func(string) {
		f.use(func() {
			if i := f.sessions.SelectedIndex(); i >= 0 {
				f.vm.SetSession(f.vm.Sessions()[i].Session)
				f.fillROIs()
			}
		})
	})
	f.expr = entry("V1 + V2", &m.Expression, f)
	f.store = fwidget.NewSelect([]string{computed}, func(string) {
		f.use(func() {
			f.vm.Store = ""
			if i := f.store.SelectedIndex(); i > 0 {
				f.vm.Store = f.vm.Stores()[i-1].Path
			}
		})
	})
	f.store.SetSelectedIndex(0)
	layers := widget.NewLayerList(m.Layers, func() { f.use(func() {}) })
	f.settings = newSettings(f)
	f.out.Truncation = fyne.TextTruncateEllipsis
	choose := fwidget.NewButtonWithIcon("Choose…", ftheme.FolderOpenIcon(), func() {
		d.Folder(func(path string) { f.use(func() { f.vm.Out = path }) })
	})

	all := func(on bool) func() {
		return func() {
			f.use(func() {
				for _, r := range f.vm.Regions() {
					f.vm.ROIs[r.Name] = on
				}
			})
		}
	}
	every, none := fwidget.NewButton("All", all(true)), fwidget.NewButton("None", all(false))
	every.Importance, none.Importance = fwidget.LowImportance, fwidget.LowImportance
	regions := widget.Stack(0,
		container.NewBorder(nil, nil, container.NewHBox(widget.Section("Regions of the brain"), container.NewCenter(f.roiCount)), container.NewHBox(every, none)),
		f.rois,
		widget.Space(0, 6), widget.NewField("One more, as an expression", "Several regions together, trained as one.", f.expr).Content)
	column := widget.Stack(14,
		widget.Stack(4, widget.Section("Train on"), f.sessions),
		regions,
		layers.Content,
		widget.Stack(4, widget.Section("Features to learn"), f.store, f.settings.absolute),
		f.settings.content)

	f.start = fwidget.NewButtonWithIcon("Start training", ftheme.MediaPlayIcon(), start)
	f.start.Importance = fwidget.HighImportance
	f.pause = fwidget.NewButtonWithIcon("Pause", ftheme.MediaPauseIcon(), pause)
	f.cancel = fwidget.NewButtonWithIcon("Cancel", ftheme.CancelIcon(), cancel)
	folder := container.NewBorder(nil, nil, widget.Section("Folder"), choose, f.out)
	actions := widget.Stack(4, folder, f.lack, f.start, container.NewGridWithColumns(2, f.pause, f.cancel))
	body := container.NewBorder(nil, widget.PadHV(12, 10, actions), nil, nil, container.NewVScroll(widget.PadHV(12, 10, column)))
	f.busy = false
	f.content = widget.AtLeast(318, 0, widget.NewSurface(theme.ColorSurface, 10, 0, body))
	return f
}

// use changes the form by f and shows what follows, unless the controls are only being set.
func (f *form) use(do func()) {
	if f.busy {
		return
	}
	do()
	f.sync()
	f.changed()
}

func (f *form) quietly(do func()) {
	before := f.busy
	f.busy = true
	do()
	f.busy = before
}

func (f *form) setSubject(s *session.Subject) {
	f.vm.SetSubject(s)
	f.quietly(func() {
		var names []string
		at := -1
		for i, d := range f.vm.Sessions() {
			names = append(names, vm.SessionTitle(d.Session)+" · "+vm.Count(d.Samples, "sample"))
			if d.Session == f.vm.Session {
				at = i
			}
		}
		f.sessions.SetOptions(names)
		f.sessions.ClearSelected()
		if at >= 0 {
			f.sessions.SetSelectedIndex(at)
		}
		stores := []string{computed}
		for _, x := range f.vm.Stores() {
			stores = append(stores, "Stored: "+x.Name)
		}
		f.store.SetOptions(stores)
		f.store.SetSelectedIndex(0)
	})
	f.fillROIs()
	f.sync()
}

func (f *form) fillROIs() {
	f.rois.Objects, f.checks = nil, map[string]*fwidget.Check{}
	for _, r := range f.vm.Regions() {
		c := fwidget.NewCheck(r.Name+" · "+vm.Count(r.Voxels, ""), nil)
		c.Checked = f.vm.ROIs[r.Name]
		c.OnChanged = func(on bool) { f.use(func() { f.vm.ROIs[r.Name] = on }) }
		f.checks[r.Name] = c
		f.rois.Add(c)
	}
	f.rois.Refresh()
}

// sync shows what follows from the choices.
func (f *form) sync() {
	n := 0
	for name, c := range f.checks {
		on := f.vm.ROIs[name]
		if on {
			n++
		}
		if c.Checked != on {
			f.quietly(func() { c.SetChecked(on) })
		}
	}
	f.roiCount.SetText("voxels")
	if n > 1 {
		f.roiCount.SetText(vm.Count(n, "") + " chosen")
	}
	out := f.vm.Out
	if out == "" {
		out = "none chosen"
	} else {
		out = filepath.Base(out)
	}
	f.out.SetText(out)
	f.settings.sync()
}

// setTraining shows what keeps Start from going and which actions the state allows.
func (f *form) setTraining(t *vm.Training, lack string) {
	active := t != nil && t.Active()
	if active {
		lack = ""
	}
	f.lack.SetText(lack)
	if lack == "" {
		f.lack.Hide()
	} else {
		f.lack.Show()
	}
	state := vm.Finished
	if t != nil {
		state = t.State()
	}
	enable(f.start, !active && lack == "")
	enable(f.pause, active && state != vm.Cancelling)
	enable(f.cancel, active && state != vm.Cancelling)
	text, icon := "Pause", ftheme.MediaPauseIcon()
	if state == vm.Paused {
		text, icon = "Resume", ftheme.MediaPlayIcon()
	}
	if f.pause.Text != text {
		f.pause.SetText(text)
		f.pause.SetIcon(icon)
	}
}

func enable(w fyne.Disableable, on bool) {
	if on == !w.Disabled() {
		return
	}
	if on {
		w.Enable()
	} else {
		w.Disable()
	}
}

// entry is a field of text that a string of the form follows.
func entry(placeholder string, to *string, f *form) *fwidget.Entry {
	e := fwidget.NewEntry()
	e.SetPlaceHolder(placeholder)
	e.SetText(*to)
	e.OnChanged = func(s string) { f.use(func() { *to = s }) }
	return e
}
