package batch

import (
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/batch"
	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/ui/theme"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// form is the left column: what to reconstruct, how, and the actions.
type form struct {
	content fyne.CanvasObject
	vm      *vm.BatchForm
	deps    Deps
	changed func()
	busy    bool // controls are being set, not used

	people, kinds, rois *fyne.Container
	kindChecks          map[brain.Session]*fwidget.Check
	roiChecks           map[string]*fwidget.Check
	setChecks           map[string]*fwidget.Check
	features            *fwidget.Select
	options             *options
	loaded              *widget.Paragraph
	out                 *fwidget.Label
	lack                *widget.Paragraph

	start, pause, cancel *fwidget.Button
}

func newForm(m *vm.BatchForm, d Deps, changed func(), p *Panel) *form {
	f := &form{vm: m, deps: d, changed: changed, busy: true, people: widget.Stack(0), kinds: widget.Stack(0), rois: container.NewGridWithColumns(2),
		setChecks: map[string]*fwidget.Check{}, lack: widget.Note(""), loaded: widget.Note(""), out: fwidget.NewLabel("")}
	add := fwidget.NewButtonWithIcon("Add a subject…", ftheme.ContentAddIcon(), func() {
		d.Folder("Add a subject's folder to the batch", func(path string) {
			d.Add(path, func(s *session.Subject) {
				if why := m.Add(s); why != "" {
					d.Problem(vm.Problem{Title: why, Notice: true})
					return
				}
				f.fill()
				f.sync()
				f.changed()
			})
		})
	})
	add.Importance, add.Alignment = fwidget.LowImportance, fwidget.ButtonAlignLeading
	expr := f.entry("V1 + V2", &m.Expression)
	sets := container.NewGridWithColumns(4)
	for _, name := range batch.AllLayerSets() {
		c := fwidget.NewCheck(strings.Replace(strings.TrimPrefix(name, "DNN"), "-", "–", 1), nil)
		c.Checked = m.Sets[name]
		c.OnChanged = func(on bool) { f.use(func() { m.Sets[name] = on }) }
		f.setChecks[name] = c
		sets.Add(c)
	}
	all := func(checks func() []string, to map[string]bool, on bool) func() {
		return func() {
			f.use(func() {
				for _, n := range checks() {
					to[n] = on
				}
			})
		}
	}
	regions := func() (out []string) {
		for _, r := range m.Regions() {
			out = append(out, r.Name)
		}
		return out
	}
	f.features = fwidget.NewSelect(nil, func(string) { f.use(f.takeFeatures) })
	f.options = newOptions(f)
	f.out.Truncation = fyne.TextTruncateEllipsis
	choose := fwidget.NewButtonWithIcon("Choose…", ftheme.FolderOpenIcon(), func() {
		d.Folder("Choose a folder for the results", func(path string) { f.use(func() { m.Out = path }) })
	})
	goOn := fwidget.NewButtonWithIcon("Go on with the batch of a folder…", ftheme.HistoryIcon(), func() {
		d.Folder("Choose the folder of a batch", p.GoOn)
	})
	goOn.Importance, goOn.Alignment = fwidget.LowImportance, fwidget.ButtonAlignLeading
	column := widget.Stack(14,
		widget.Stack(2, widget.Section("Subjects"), f.people, add, goOn, f.loaded),
		widget.Stack(0, widget.Section("Sessions"), f.kinds),
		widget.Stack(0, heading("Regions of the brain", all(regions, m.ROIs, true), all(regions, m.ROIs, false)), f.rois,
			widget.Space(0, 6), widget.NewField("One more, as an expression", "Several regions together, decoded as one.", expr).Content),
		widget.Stack(0, heading("Sets of layers, DNN", all(batch.AllLayerSets, m.Sets, true), all(batch.AllLayerSets, m.Sets, false)), sets,
			widget.Space(0, 6), widget.NewField("One more, of layers and groups", "", f.entry("e.g. conv1_1,DNN3,fc6", &m.Set)).Content),
		widget.Stack(4, widget.Section("Features"), f.features),
		f.options.content)

	f.start = fwidget.NewButtonWithIcon("Start the batch", ftheme.MediaPlayIcon(), p.Start)
	f.start.Importance = fwidget.HighImportance
	f.pause = fwidget.NewButtonWithIcon("Pause", ftheme.MediaPauseIcon(), p.TogglePause)
	f.cancel = fwidget.NewButtonWithIcon("Cancel", ftheme.CancelIcon(), p.Cancel)
	folder := container.NewBorder(nil, nil, widget.Section("Folder"), choose, f.out)
	actions := widget.Stack(4, folder, f.lack, f.start, container.NewGridWithColumns(2, f.pause, f.cancel))
	body := container.NewBorder(nil, widget.PadHV(12, 10, actions), nil, nil, container.NewVScroll(widget.PadHV(12, 10, column)))
	f.busy = false
	f.content = widget.AtLeast(318, 0, widget.NewSurface(theme.ColorSurface, 10, 0, body))
	f.sync()
	return f
}

// heading has buttons that choose all and none of what is below.
func heading(title string, all, none func()) fyne.CanvasObject {
	a, n := fwidget.NewButton("All", all), fwidget.NewButton("None", none)
	a.Importance, n.Importance = fwidget.LowImportance, fwidget.LowImportance
	return container.NewBorder(nil, nil, widget.Section(title), container.NewHBox(a, n))
}

// use changes the form and shows what follows, unless the controls are only being set.
func (f *form) use(do func()) {
	if f.busy {
		return
	}
	if f.vm.Loaded != nil {
		f.vm.Loaded = nil
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

// entry is a field of text that a string of the form follows.
func (f *form) entry(placeholder string, to *string) *fwidget.Entry {
	e := fwidget.NewEntry()
	e.SetPlaceHolder(placeholder)
	e.SetText(*to)
	e.OnChanged = func(s string) { f.use(func() { *to = s }) }
	return e
}

func (f *form) setSubject(s *session.Subject) {
	f.vm.SetSubject(s)
	f.fill()
	f.sync()
}

// features are the ways to come by features: their names, and what takes them.
func (f *form) ways() (names []string, take []func()) {
	m := f.vm
	add := func(name string, do func()) { names, take = append(names, name), append(take, do) }
	add("Decoded, ridge trained on the way", func() { m.Source, m.Decoders, m.Store = session.Decoded, "", "" })
	if len(m.Subjects) > 0 {
		for _, t := range m.Subjects[0].Subject.Trained {
			add("Decoded with "+t.Name, func() { m.Source, m.Decoders, m.Store = session.Decoded, t.Path, "" })
		}
	}
	add("Decoders of shuffled labels (the floor)", func() { m.Source, m.Decoders, m.Store = session.Shuffled, "", "" })
	add("True features of the stimuli", func() { m.Source, m.Decoders, m.Store = session.True, "", "" })
	if len(m.Subjects) > 0 {
		for _, t := range m.Subjects[0].Subject.Stored {
			add("Stored: "+t.Name, func() { m.Source, m.Decoders, m.Store = session.Stored, "", t.Path })
		}
	}
	return names, take
}

func (f *form) takeFeatures() {
	if _, take := f.ways(); f.features.SelectedIndex() >= 0 {
		take[f.features.SelectedIndex()]()
	}
}

// fill makes the controls that depend on the subjects.
func (f *form) fill() {
	m := f.vm
	f.people.Objects = nil
	for i, p := range m.Subjects {
		name := fwidget.NewLabel(p.Subject.Name)
		name.Truncation = fyne.TextTruncateEllipsis
		remove := fwidget.NewButtonWithIcon("", ftheme.CancelIcon(), func() {
			f.use(func() { m.Remove(i) })
			f.fill()
		})
		remove.Importance = fwidget.LowImportance
		if len(m.Subjects) == 1 {
			remove.Hide()
		}
		f.people.Add(container.NewBorder(nil, nil, nil, remove, name))
	}
	f.kinds.Objects, f.kindChecks = nil, map[brain.Session]*fwidget.Check{}
	for _, d := range m.Kinds() {
		c := fwidget.NewCheck(vm.SessionTitle(d.Session)+" · "+vm.Count(len(d.Stimuli), "stimulus"), nil)
		c.Checked = m.Sessions[d.Session]
		c.OnChanged = func(on bool) { f.use(func() { m.Sessions[d.Session] = on }) }
		f.kindChecks[d.Session] = c
		f.kinds.Add(c)
	}
	f.rois.Objects, f.roiChecks = nil, map[string]*fwidget.Check{}
	for _, r := range m.Regions() {
		c := fwidget.NewCheck(r.Name+" · "+vm.Count(r.Voxels, ""), nil)
		c.Checked = m.ROIs[r.Name]
		c.OnChanged = func(on bool) { f.use(func() { m.ROIs[r.Name] = on }) }
		f.roiChecks[r.Name] = c
		f.rois.Add(c)
	}
	f.quietly(func() {
		names, _ := f.ways()
		at := max(f.features.SelectedIndex(), 0)
		f.features.SetOptions(names)
		f.features.SetSelectedIndex(min(at, len(names)-1))
	})
	f.takeFeatures()
	f.people.Refresh()
	f.kinds.Refresh()
	f.rois.Refresh()
}

// sync shows what follows from the choices.
func (f *form) sync() {
	m := f.vm
	f.quietly(func() {
		for k, c := range f.kindChecks {
			check(c, m.Sessions[k])
		}
		for n, c := range f.roiChecks {
			check(c, m.ROIs[n])
			able(c, m.Source != session.True)
		}
		for n, c := range f.setChecks {
			check(c, m.Sets[n])
		}
	})
	out := "none chosen"
	if m.Out != "" {
		out = filepath.Base(m.Out)
	}
	f.out.SetText(out)
	f.loaded.SetText("")
	if m.Loaded != nil {
		f.loaded.SetText("Goes on with the batch in " + filepath.Base(m.Out) + " as it was asked for. Changing a setting asks for another one.")
		f.loaded.Show()
	} else {
		f.loaded.Hide()
	}
	f.options.sync()
}

func check(c *fwidget.Check, on bool) {
	if c.Checked != on {
		c.SetChecked(on)
	}
}

func able(w fyne.Disableable, on bool) {
	if on == !w.Disabled() {
		return
	}
	if on {
		w.Enable()
	} else {
		w.Disable()
	}
}
