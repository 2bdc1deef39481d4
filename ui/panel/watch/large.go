package watch

import (
	"fmt"
	"image"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/dataset/stimuli"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// blinkEvery is how long target and picture stay in turn.
const blinkEvery = 500 * time.Millisecond

// large is the view of one image: target, picture and their difference, or the first two in turn.
type large struct {
	content              *fyne.Container
	target, now, between *widget.Picture
	blink                *fwidget.Check
	names                [3]*widget.Text
	original             *image.NRGBA // at the picture's size
	of                   *image.NRGBA // what original was made of
	mail                 *vm.Mailbox
	stop                 chan struct{}
	phase                bool
	turned               func() // shows the other of the two
}

func newLarge(mail *vm.Mailbox) *large {
	l := &large{mail: mail, target: widget.NewPicture(120, "no picture"), now: widget.NewPicture(120, "waiting"), between: widget.NewPicture(120, "no difference without a target")}
	for i, s := range [3]string{"target", "reconstruction", fmt.Sprintf("difference, ±%d grey levels", vm.DifferenceRange)} {
		l.names[i] = widget.Caption(s).Align(fyne.TextAlignCenter)
	}
	l.blink = fwidget.NewCheck("Blink", func(on bool) { l.setBlink(on) })
	column := func(i int, p *widget.Picture) fyne.CanvasObject {
		return container.NewBorder(nil, l.names[i], nil, nil, widget.Pad(4, p))
	}
	l.content = container.NewBorder(nil, container.NewCenter(container.NewHBox(l.blink, container.NewCenter(widget.Caption("   red is brighter than the target, blue darker")))), nil, nil, container.NewGridWithColumns(3, column(0, l.target), column(1, l.now), column(2, l.between)))
	l.content.Hide()
	return l
}

// show puts an image of a run there, as it stood at an iteration.
func (l *large) show(run *vm.Run, index, iteration int, display func(index, iteration int) *image.NRGBA, target *image.NRGBA) {
	raw, _ := run.Raw(index, iteration)
	if raw != nil && target != nil && l.of != target {
		l.of, l.original = target, target
		if b := target.Bounds(); b.Dx() != raw.W || b.Dy() != raw.H {
			l.original = stimuli.Resize(target, raw.W, raw.H)
		}
	}
	if target == nil {
		l.of, l.original = nil, nil
	}
	l.target.SetImage(l.original)
	l.between.SetImage(vm.Difference(raw, l.original))
	m := display(index, iteration)
	l.names[1].SetText("reconstruction")
	if l.blink.Checked && l.phase && l.original != nil {
		m = l.original
		l.names[1].SetText("target")
	}
	l.now.SetImage(m)
}

// setBlink starts or stops taking turns.
func (l *large) setBlink(on bool) {
	if l.stop != nil {
		close(l.stop)
		l.stop = nil
	}
	l.phase = false
	if !on {
		return
	}
	l.stop = make(chan struct{})
	go func(stop chan struct{}) {
		t := time.NewTicker(blinkEvery)
		defer t.Stop()
		for {
			select {
			case <-stop:
				return
			case <-t.C:
				l.mail.PostLatest("watch/blink", func() { l.turn(stop) })
			}
		}
	}(l.stop)
}

// turn is one of target and picture giving way to the other; refresh is the panel's.
func (l *large) turn(stop chan struct{}) {
	if l.stop != stop || !l.content.Visible() {
		return
	}
	l.phase = !l.phase
	if l.turned != nil {
		l.turned()
	}
}
