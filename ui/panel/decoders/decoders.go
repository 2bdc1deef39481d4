// Package decoders is the panel that looks at trained decoders, ours and the
// lab's: a list of folders, how well their units do, and of one unit which
// voxels it reads and how much each weighs.
package decoders

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/session"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// Deps is what the panel works with.
type Deps struct {
	Trainer session.Trainer
	Mail    *vm.Mailbox
	Problem func(vm.Problem)
	Choose  func()            // asks for a folder
	Train   func()            // goes to the Train panel
	CanUse  func() bool       // a subject is open
	Use     func(root string) // takes decoders to the open subject, to decode with
}

// Panel is the Decoders panel.
type Panel struct {
	Content fyne.CanvasObject

	vm     *vm.Decoders
	canUse func() bool
	empty  fyne.CanvasObject
	body   fyne.CanvasObject

	root   *fwidget.Label
	count  *widget.Text
	list   *fwidget.List
	use    *fwidget.Button
	filter *fwidget.Entry
	none   *widget.Paragraph

	title    *widget.Text
	about    *widget.Paragraph
	badge    fyne.CanvasObject
	notes    *fyne.Container
	noted    *session.DecoderView
	accuracy *widget.AccuracyHistograms
	measured *fyne.Container

	number   *fwidget.Entry
	place    *widget.Text
	of       *widget.Text
	halt     *fwidget.Button
	best     *fwidget.Select // of the conditions
	bestRoom fyne.CanvasObject
	nav      fyne.CanvasObject

	brain   *widget.VoxelMap
	region  *session.DecoderView // that brain shows
	unit    *session.UnitView    // as the weights
	weights *widget.WeightHistogram
	facts   *fyne.Container
	below   fyne.CanvasObject
}

// New makes the panel without decoders.
func New(d Deps) *Panel {
	p := &Panel{
		canUse: d.CanUse,
		root:   fwidget.NewLabel(""), count: widget.Caption(""), none: widget.Note("").Centre(),
		title: widget.NewText("", ftheme.SizeNameSubHeadingText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}), about: widget.Line(""),
		badge: container.NewHBox(widget.NewBadge("lab's format")), notes: widget.Stack(-6),
		accuracy: widget.NewAccuracyHistograms(), place: widget.Caption(""), of: widget.Caption(""),
		brain: widget.NewVoxelMap(), weights: widget.NewWeightHistogram(), facts: widget.Stack(3),
	}
	p.vm = vm.NewDecoders(d.Trainer, d.Mail, p.Refresh, func(action string, err error) {
		if b, bad := vm.ProblemOf(action, err); bad {
			d.Problem(b)
		}
	})
	p.empty = makeEmpty(d)
	p.body = container.NewBorder(nil, nil, container.NewHBox(p.makeList(d), widget.Space(10, 0)), nil, p.makeView())
	p.body.Hide()
	p.Content = widget.PadHV(14, 12, container.NewStack(p.body, p.empty))
	p.Refresh()
	return p
}

// unfocus gives the arrow keys back to units and folders.
func (p *Panel) unfocus() {
	if c := fyne.CurrentApp().Driver().CanvasForObject(p.list); c != nil {
		c.Unfocus()
	}
}

// Open shows the decoders below a folder.
func (p *Panel) Open(root string) {
	p.empty.Hide()
	p.body.Show()
	p.vm.Open(root)
}

// Step goes by units, StepFolder by folders.
func (p *Panel) Step(by int) { p.vm.Step(by) }

// StepFolder goes to the next folder or the one before.
func (p *Panel) StepFolder(by int) { p.vm.StepFolder(by) }

// Decoders is what is shown.
func (p *Panel) Decoders() *vm.Decoders { return p.vm }

// Refresh shows the newest state.
func (p *Panel) Refresh() {
	d := p.vm
	p.root.SetText(d.Root)
	p.count.SetText("")
	none := ""
	switch {
	case d.Listing():
		none = "Looking for decoders…"
	case len(d.Folders) == 0 && d.Root != "":
		none = "There are no decoders below this folder. Decoders are folders with decoder.json, or model folders of the lab's with W and b."
	case len(d.Folders) > 0:
		p.count.SetText(vm.Count(len(d.Folders), "folder"))
		if n := len(d.Shown); n < len(d.Folders) {
			p.count.SetText(fmt.Sprintf("%d of %d", n, len(d.Folders)))
		}
	}
	p.none.SetText(none)
	p.list.Refresh()
	if row := slices.Index(d.Shown, d.At); row >= 0 {
		p.list.Select(row)
	} else {
		p.list.UnselectAll()
	}
	show(p.use, p.canUse() && len(d.Folders) > 0)
	p.showFolder()
	p.showUnit()
}

// mostNotes bounds the lines of notes: the map below needs the room.
const mostNotes = 4

func (p *Panel) showFolder() {
	f, v := p.vm.Folder(), p.vm.View
	shown := v != nil
	show(p.nav, shown)
	show(p.below, shown)
	show(p.measured, shown && len(v.Accuracy) > 0)
	show(p.badge, f != nil && f.Lab)
	switch {
	case f == nil:
		p.title.SetText("")
		p.about.SetText("")
	case v == nil:
		p.title.SetText(vm.FolderTitle(*f))
		p.about.SetText("cannot be opened")
		if p.vm.Reading() {
			p.about.SetText("opening…")
		}
	default:
		p.title.SetText(vm.FolderTitle(v.DecoderFolder))
		p.about.SetText(v.Method + " · " + vm.ShapeText(v.Shape) + " units · " + vm.Count(v.Voxels, "voxel"))
	}
	if v == p.noted {
		return
	}
	p.noted = v
	p.notes.Objects = nil
	if v != nil {
		for i, n := range v.Notes {
			if i == mostNotes {
				p.notes.Add(widget.NewInfo("And " + vm.Count(len(v.Notes)-i, "more note")))
				break
			}
			p.notes.Add(widget.NewFinding(session.Finding{Level: session.Warning, Text: n}))
		}
		var names []string
		for _, c := range v.Conditions {
			names = append(names, vm.ConditionTitle(c.Name))
		}
		p.best.SetOptions(names)
	}
	p.notes.Refresh()
}

func (p *Panel) showUnit() {
	v, u := p.vm.View, p.vm.Unit
	if v == nil {
		return
	}
	if text := strconv.Itoa(p.vm.Number); p.number.Text != text {
		p.number.SetText(text)
	}
	of := "of " + vm.Count(v.Units(), "") + " (first is 0)"
	if u == nil || u.Unit != p.vm.Number {
		of += " · reading…"
	}
	p.of.SetText(of)
	p.place.SetText(vm.PlaceText(v.Shape, p.vm.Number))
	show(p.place, p.place.Text() != "")
	searching := p.vm.Searching()
	can := len(v.Conditions) > 0
	show(p.bestRoom, can && !searching)
	show(p.halt, searching)
	if searching {
		p.of.SetText("looking at all units …")
	}
	if p.region != v {
		p.region, p.unit = v, nil
		p.brain.SetRegion(v.Voxels, v.XYZ)
		p.accuracy.Set(v.Accuracy, nil)
	}
	if u == nil || u == p.unit { // the one before stays in view while the next is read
		return
	}
	p.unit = u
	p.brain.SetWeights(u.Voxels, u.Weights)
	p.weights.Set(u.Weights)
	p.accuracy.Set(v.Accuracy, marks(v, u))
	p.facts.Objects = nil
	for _, f := range vm.UnitFacts(v, u) {
		p.facts.Add(container.NewBorder(nil, nil, widget.Caption(f.Name), widget.NewText(f.Value, ftheme.SizeNameCaptionText, ftheme.ColorNameForeground, fyne.TextStyle{})))
	}
	p.facts.Refresh()
}

// marks are the unit's correlations in the order of the folder's accuracies.
func marks(v *session.DecoderView, u *session.UnitView) []float32 {
	out := make([]float32, len(v.Accuracy))
	for i, a := range v.Accuracy {
		out[i] = float32(math.NaN())
		for k, c := range v.Conditions {
			if c.Name == a.Condition && k < len(u.Accuracy) {
				out[i] = u.Accuracy[k]
			}
		}
	}
	return out
}

func show(o fyne.CanvasObject, on bool) {
	switch {
	case on && !o.Visible():
		o.Show()
	case !on && o.Visible():
		o.Hide()
	}
}
