package browse

import (
	"fmt"
	"image"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/results"
	"reverie/app/session"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// blinkEvery is how long original and reconstruction stay in turn.
const blinkEvery = 500 * time.Millisecond

// detail shows the chosen reconstruction large, with its original and their difference, and the pinned ones.
type detail struct {
	content   fyne.CanvasObject
	p         *Panel
	large     *widget.Picture
	zoomed    *container.Scroll
	stack     *fyne.Container
	original  *widget.Picture
	between   *widget.Picture
	name      *widget.Text
	facts     *widget.Paragraph
	blink     *fwidget.Check
	zoom      *fwidget.Button
	pin       *fwidget.Button
	pins      *fyne.Container
	shown     *results.Reconstruction
	made, was *image.NRGBA
	factor    int // 0 fits
	phase     bool
	stop      chan struct{}
}

const detailWidth = 232

func newDetail(d Deps, p *Panel) *detail {
	t := &detail{p: p, large: widget.NewPicture(detailWidth-16, "choose a cell"), original: widget.NewPicture(100, "no original"), between: widget.NewPicture(100, "no difference"),
		name: widget.NewText("", ftheme.SizeNameText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}), facts: widget.Note(""), pins: container.NewGridWrap(fyne.NewSize(60, 76))}
	t.blink = fwidget.NewCheck("Blink (B)", t.setBlink)
	t.zoom = fwidget.NewButton("Fit (Z)", t.nextZoom)
	t.pin = fwidget.NewButton("Pin (P)", p.Pin)
	t.zoomed = container.NewScroll(container.NewWithoutLayout())
	t.zoomed.Hide()
	t.stack = container.NewStack(widget.AtLeast(detailWidth-16, detailWidth-16, t.large), t.zoomed)
	pair := container.NewGridWithColumns(2,
		container.NewBorder(nil, widget.Caption("original").Align(fyne.TextAlignCenter), nil, nil, t.original),
		container.NewBorder(nil, widget.Caption(fmt.Sprintf("difference, ±%d", vm.DifferenceRange)).Align(fyne.TextAlignCenter), nil, nil, t.between))
	top := widget.Stack(6, t.name, t.stack, container.NewHBox(t.zoom, t.pin, t.blink), pair, t.facts)
	body := container.NewVScroll(widget.Stack(10, top, t.pins))
	body.SetMinSize(fyne.NewSize(detailWidth, 0))
	t.content = widget.NewSurface("reverieSurface", 8, 8, body)
	return t
}

// pair reads a reconstruction and its original.
func pair(r *results.Reconstruction) (made, original *image.NRGBA, err error) { return r.Pair() }

// show puts a reconstruction there. Its pictures are read beside the drawing goroutine.
func (t *detail) show(r *results.Reconstruction, m *vm.Matrix) {
	t.showPins(m)
	if r == t.shown {
		return
	}
	t.shown, t.made, t.was, t.phase = r, nil, nil, false
	if r == nil {
		t.name.SetText("")
		t.facts.SetText("")
		t.draw()
		return
	}
	t.name.SetText(r.Label)
	t.facts.SetText(strings.ReplaceAll(t.p.facts(r), " · ", "\n") + "\n\n" + strings.ReplaceAll(t.p.where(r), "/", " / "))
	go func() {
		made, original, err := pair(r)
		t.p.d.Mail.Post(func() {
			if t.shown != r {
				return
			}
			t.made, t.was = made, original
			if made == nil && err != nil {
				t.facts.SetText(err.Error())
			}
			t.draw()
		})
	}()
}

func (t *detail) draw() {
	m := t.made
	if t.phase && t.was != nil {
		m = t.was
	}
	t.original.SetImage(t.was)
	t.between.SetImage(nil)
	if t.made != nil && t.was != nil {
		t.between.SetImage(vm.Difference(session.RawOf(t.made), t.was))
	}
	if t.factor == 0 || m == nil {
		t.zoomed.Hide()
		t.large.Show()
		t.large.SetImage(m)
		return
	}
	b := m.Bounds()
	p := widget.NewPicture(float32(b.Dx()*t.factor), "")
	p.SetImage(m)
	t.large.Hide()
	t.zoomed.Content = container.NewCenter(widget.AtLeast(float32(b.Dx()*t.factor), float32(b.Dy()*t.factor), p))
	t.zoomed.Refresh()
	t.zoomed.Show()
}

// nextZoom goes from fitting to the picture's own size to eight times it.
func (t *detail) nextZoom() {
	t.factor = map[int]int{0: 1, 1: 8, 8: 0}[t.factor]
	t.zoom.SetText(map[int]string{0: "Fit (Z)", 1: "1× (Z)", 8: "8× (Z)"}[t.factor])
	t.draw()
}

// setBlink starts or stops taking turns.
func (t *detail) setBlink(on bool) {
	if t.stop != nil {
		close(t.stop)
		t.stop = nil
	}
	t.phase = false
	t.draw()
	if !on {
		return
	}
	t.stop = make(chan struct{})
	go func(stop chan struct{}) {
		tick := time.NewTicker(blinkEvery)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				t.p.d.Mail.PostLatest("browse/blink", func() {
					if t.stop == stop {
						t.phase = !t.phase
						t.draw()
					}
				})
			}
		}
	}(t.stop)
}

// showPins shows the pinned ones side by side, each with its area and score.
func (t *detail) showPins(m *vm.Matrix) {
	t.pin.SetText("Pin (P)")
	if m.IsPinned(m.Chosen()) {
		t.pin.SetText("Unpin (P)")
	}
	t.pins.Objects = nil
	for _, r := range m.Pinned {
		p := widget.NewPicture(56, "")
		name := r.ROI
		if v, ok := t.p.d.Results.Score(r, "correlation"); ok {
			name += fmt.Sprintf(" %.2f", v)
		}
		if img, ok := t.p.thumbs.Get(session.Stimulus{Image: r.File}, 64, func(late *image.NRGBA) { p.SetImage(late) }); ok {
			p.SetImage(img)
		}
		t.pins.Add(container.NewBorder(nil, widget.Caption(name).Align(fyne.TextAlignCenter), nil, nil, p))
	}
	t.pins.Refresh()
}
