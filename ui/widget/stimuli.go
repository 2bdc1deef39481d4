package widget

import (
	"image"

	"fyne.io/fyne/v2"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/session"
	"reverie/ui/vm"
)

// Stimuli is a scrolling grid of thumbnails. Cells are reused and their
// pictures come when they are loaded.
type Stimuli struct {
	fwidget.GridWrap
	thumbs *vm.Thumbs
	side   float32
	shown  []session.Stimulus
	chosen func(session.Stimulus) bool
}

// NewStimuli makes an empty grid. chosen says what is marked, and tapped is
// called for a tap or the Space key; both may be nil.
func NewStimuli(thumbs *vm.Thumbs, side float32, chosen func(session.Stimulus) bool, tapped func(session.Stimulus)) *Stimuli {
	g := &Stimuli{thumbs: thumbs, side: side, chosen: chosen}
	g.Length, g.CreateItem, g.UpdateItem = func() int { return len(g.shown) }, g.create, g.update
	g.ExtendBaseWidget(g)
	g.OnSelected = func(id int) {
		g.UnselectAll()
		if tapped != nil && id < len(g.shown) {
			tapped(g.shown[id])
			g.Mark()
		}
	}
	return g
}

// Set replaces what the grid shows.
func (g *Stimuli) Set(stimuli []session.Stimulus) {
	g.shown = stimuli
	g.UnselectAll()
	g.ScrollToTop()
	g.Refresh()
}

// Mark shows anew which cells are chosen.
func (g *Stimuli) Mark() { g.Refresh() }

func (g *Stimuli) create() fyne.CanvasObject { return NewThumb(g.side) }

func (g *Stimuli) update(id int, o fyne.CanvasObject) {
	t := o.(*Thumb)
	s := g.shown[id]
	t.Set(s, s.Label, g.chosen != nil && g.chosen(s))
	p, ok := g.thumbs.Get(s, int(g.side*1.5), func(p *image.NRGBA) {
		if t.Wanted == s {
			t.SetImage(p, "no picture")
		}
	})
	if ok {
		t.SetImage(p, "no picture")
	} else {
		t.SetImage(nil, "")
	}
}
