package train

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/vm"
	"reverie/ui/widget"
)

// settings are the method and all that has a preset.
type settings struct {
	content  *fyne.Container
	absolute fyne.CanvasObject // stands with the features

	form     *form
	method   *fwidget.RadioGroup
	fields   map[vm.Setting]*widget.Field
	ridge    *fyne.Container // settings of ridge alone, then of sparse regression, then the rarely changed
	sparse   *fyne.Container
	advanced *fyne.Container
	only     []fyne.CanvasObject // of the rarely changed, what is ridge's
	more     *fwidget.Button
	reset    *fwidget.Button
	entries  map[*fwidget.Entry]*string
	selects  []*choice
	checks   map[*fwidget.Check]*bool
}

const (
	ridgeName  = "Ridge, voxels selected per unit"
	sparseName = "Sparse regression (ARD)"
)

// choice is a list whose entries have a value and a name.
type choice struct {
	*fwidget.Select
	values []string
	to     *string
}

func newSettings(f *form) *settings {
	s := &settings{form: f, fields: map[vm.Setting]*widget.Field{}, entries: map[*fwidget.Entry]*string{}, checks: map[*fwidget.Check]*bool{}}
	m := f.vm
	s.method = fwidget.NewRadioGroup([]string{ridgeName, sparseName}, func(name string) {
		f.use(func() {
			m.Method = vm.Ridge
			if name == sparseName {
				m.Method = vm.Sparse
			}
		})
	})
	s.method.Required = true
	s.method.Selected = ridgeName
	s.reset = fwidget.NewButton("Reset", func() { f.use(m.Reset) })
	s.reset.Importance = fwidget.LowImportance

	number := func(k vm.Setting, name, help string, to *string) fyne.CanvasObject {
		s.fields[k] = widget.NewShortField(name, help, 84, s.entry("", to))
		return s.fields[k].Content
	}
	text := func(k vm.Setting, name, help, placeholder string, width float32, to *string) fyne.CanvasObject {
		s.fields[k] = widget.NewShortField(name, help, width, s.entry(placeholder, to))
		return s.fields[k].Content
	}
	list := func(k vm.Setting, name, help string, values, names []string, to *string) fyne.CanvasObject {
		s.fields[k] = widget.NewField(name, help, s.choose(values, names, to))
		return s.fields[k].Content
	}
	check := func(k vm.Setting, name, help string, to *bool) fyne.CanvasObject {
		s.fields[k] = widget.NewSwitchField(help, s.check(name, to))
		return s.fields[k].Content
	}

	voxels := number(vm.SetVoxels, "Voxels of a unit, at most", "Those that correlate best with it; 0 takes all.", &m.Voxels)
	s.ridge = widget.Stack(8, number(vm.SetAlpha, "Alpha", "Strength of the penalty on large weights.", &m.Alpha))
	s.sparse = widget.Stack(8,
		number(vm.SetIterations, "Iterations, at most", "", &m.Iterations),
		list(vm.SetMode, "When to end", "The lab's program makes all iterations; the paper's rule ends once nothing changes.", []string{"lab", "paper"}, []string{"As the lab's program", "As the paper says"}, &m.Mode),
		list(vm.SetPrune, "Voxels are dropped", "", []string{"variance", "weight", "none"}, []string{"by variance", "by weight (MATLAB)", "never"}, &m.Prune))

	bias := check(vm.SetFreeBias, "Bias without penalty", "", &m.FreeBias)
	spatial := list(vm.SetSpatial, "Normalise each sample over the unit's voxels", "", []string{"", "norm1", "norm2", "std1", "std1mean0", "norm1mean0", "norm2mean0"},
		[]string{"no", "norm1: sum of absolutes", "norm2: Euclidean norm", "std1: standard deviation", "std1mean0: z-score", "norm1mean0: centred, norm1", "norm2mean0: centred, norm2"}, &m.Spatial)
	precision := list(vm.SetPrecision, "Precision", "Mixed reaches double's answer in less time.", []string{"mixed", "float64", "float32"}, []string{"mixed", "double", "single"}, &m.Precision)
	s.only = []fyne.CanvasObject{bias, spatial, precision}
	s.advanced = widget.Stack(8,
		text(vm.SetCV, "Cross-validation", "Key whose values are left out one by one; empty trains on all.", "e.g. Run", 110, &m.CV),
		text(vm.SetExclusive, "Exclude", "Key whose values in the test rows are not trained on.", "e.g. category_index", 156, &m.Exclusive),
		number(vm.SetMemory, "Memory limit, GiB", "", &m.Memory),
		bias, spatial, precision)
	s.advanced.Hide()
	s.more = fwidget.NewButtonWithIcon("More settings", ftheme.MenuDropDownIcon(), func() {
		if s.advanced.Visible() {
			s.advanced.Hide()
		} else {
			s.advanced.Show()
		}
		s.sync()
	})
	s.more.Importance, s.more.Alignment = fwidget.LowImportance, fwidget.ButtonAlignLeading
	s.absolute = check(vm.SetAbsolute, "Absolute values, |feature|", "", &m.Absolute)
	s.content = widget.Stack(8,
		widget.Stack(0, container.NewBorder(nil, nil, widget.Section("Method"), s.reset), s.method),
		voxels, s.ridge, s.sparse, s.more, s.advanced)
	return s
}

func (s *settings) entry(placeholder string, to *string) *fwidget.Entry {
	e := entry(placeholder, to, s.form)
	s.entries[e] = to
	return e
}

func (s *settings) choose(values, names []string, to *string) *fwidget.Select {
	c := &choice{values: values, to: to}
	c.Select = fwidget.NewSelect(names, func(string) {
		s.form.use(func() {
			if i := c.SelectedIndex(); i >= 0 {
				*to = values[i]
			}
		})
	})
	s.selects = append(s.selects, c)
	return c.Select
}

func (s *settings) check(name string, to *bool) *fwidget.Check {
	c := fwidget.NewCheck(name, func(on bool) { s.form.use(func() { *to = on }) })
	s.checks[c] = to
	return c
}

// sync shows the form's values, the settings that the method has, and what differs from the preset.
func (s *settings) sync() {
	m := s.form.vm
	s.form.quietly(func() {
		for e, to := range s.entries {
			if e.Text != *to {
				e.SetText(*to)
			}
		}
		for _, c := range s.selects {
			if i := slices.Index(c.values, *c.to); i >= 0 && i != c.SelectedIndex() {
				c.SetSelectedIndex(i)
			}
		}
		for c, to := range s.checks {
			if c.Checked != *to {
				c.SetChecked(*to)
			}
		}
		name := ridgeName
		if m.Method == vm.Sparse {
			name = sparseName
		}
		if s.method.Selected != name {
			s.method.SetSelected(name)
		}
	})
	show(s.ridge, m.Method == vm.Ridge)
	show(s.sparse, m.Method == vm.Sparse)
	for _, o := range s.only {
		show(o, m.Method == vm.Ridge)
	}
	changed := m.Changed()
	for k, f := range s.fields {
		f.SetChanged(changed[k])
	}
	show(s.reset, len(changed) > 0)
	icon, hidden := ftheme.MenuDropUpIcon(), 0
	if !s.advanced.Visible() {
		icon = ftheme.MenuDropDownIcon()
		for k := range changed {
			switch k {
			case vm.SetCV, vm.SetExclusive, vm.SetMemory, vm.SetFreeBias, vm.SetSpatial, vm.SetPrecision:
				hidden++
			}
		}
	}
	text := "More settings"
	if hidden > 0 {
		text += " · " + vm.Count(hidden, "") + " changed"
	}
	if s.more.Text != text {
		s.more.SetText(text)
	}
	s.more.SetIcon(icon)
	s.content.Refresh()
}

func show(o fyne.CanvasObject, on bool) {
	switch {
	case on && !o.Visible():
		o.Show()
	case !on && o.Visible():
		o.Hide()
	}
}
