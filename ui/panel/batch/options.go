package batch

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/session"
	"reverie/compute/recon"
	"reverie/ui/widget"
)

// options are how images are reconstructed and kept.
type options struct {
	content fyne.CanvasObject

	form    *form
	selects []*choice
	trials  *fwidget.Check
	checks  map[*fwidget.Check]*bool
	entries map[*fwidget.Entry]*string
}

// choice is a list whose entries have a value and a name.
type choice struct {
	*fwidget.Select
	values []string
	get    func() string
}

func newOptions(f *form) *options {
	o := &options{form: f, checks: map[*fwidget.Check]*bool{}, entries: map[*fwidget.Entry]*string{}}
	m := f.vm
	prior := o.choose([]string{session.PriorAuto, session.PriorOn, session.PriorOff, session.PriorBoth},
		[]string{"As the paper: natural images alone", "With the generator", "Pixels alone", "Both, one after the other"}, func() string { return m.Prior }, func(v string) { m.Prior = v })
	preset := o.choose([]string{string(recon.Paper), string(recon.Lab)}, []string{"Paper", "Lab"}, func() string { return string(m.Preset) }, func(v string) { m.Preset = recon.Preset(v) })
	snapshots := o.choose([]string{"none", "log", "every:10", "every:1"}, []string{"none", "ever fewer", "every 10 iterations", "every iteration"}, func() string { return m.Snapshots }, func(v string) { m.Snapshots = v })
	o.trials = o.check("Single trials instead of their mean", &m.Trials)
	number := func(name, help, placeholder string, to *string) fyne.CanvasObject {
		e := f.entry(placeholder, to)
		o.entries[e] = to
		return widget.NewShortField(name, help, 84, e).Content
	}
	o.content = widget.Stack(14,
		widget.Stack(4, widget.Section("Image prior"), prior),
		widget.Stack(8, widget.Stack(4, widget.Section("Preset"), preset), number("Iterations", "", "", &m.Iterations), o.trials),
		widget.Stack(4, widget.Section("Results"), container.NewGridWithColumns(2, o.check("Ours: PNG", &m.Ours), o.check("The lab's: mat", &m.Lab)),
			widget.NewField("Pictures on the way", "For movies.", snapshots).Content),
		widget.Stack(8, number("Memory limit, GiB", "", "", &m.Memory), number("Images together, at most", "Empty: as many as are fast and fit.", "auto", &m.Together)))
	return o
}

func (o *options) choose(values, names []string, get func() string, set func(string)) *fwidget.Select {
	c := &choice{values: values, get: get}
	c.Select = fwidget.NewSelect(names, func(string) {
		o.form.use(func() {
			if i := c.SelectedIndex(); i >= 0 {
				set(values[i])
			}
		})
	})
	c.SetSelectedIndex(max(slices.Index(values, get()), 0))
	o.selects = append(o.selects, c)
	return c.Select
}

func (o *options) check(name string, to *bool) *fwidget.Check {
	c := fwidget.NewCheck(name, nil)
	c.Checked = *to
	c.OnChanged = func(on bool) { o.form.use(func() { *to = on }) }
	o.checks[c] = to
	return c
}

// sync shows the form's values, and what does not apply.
func (o *options) sync() {
	m := o.form.vm
	o.form.quietly(func() {
		for _, c := range o.selects {
			if i := slices.Index(c.values, c.get()); i >= 0 && i != c.SelectedIndex() {
				c.SetSelectedIndex(i)
			}
		}
		for c, to := range o.checks {
			check(c, *to)
		}
		for e, to := range o.entries {
			if e.Text != *to {
				e.SetText(*to)
			}
		}
	})
	able(o.trials, m.Source.FromBrain())
}
