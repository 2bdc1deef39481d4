package watch

import (
	"fmt"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/vm"
	"reverie/ui/widget"
)

// playEvery is the time of a frame while playing.
const playEvery = 60 * time.Millisecond

// player steps through the kept frames. At its right end it follows the run.
type player struct {
	content fyne.CanvasObject
	slider  *fwidget.Slider
	play    *fwidget.Button
	text    *widget.Text
	at      int
	follow  bool
	playing bool
	setting bool // the slider is being set, not dragged
	mail    *vm.Mailbox
	moved   func()
	stop    chan struct{}
}

func newPlayer(mail *vm.Mailbox, moved func()) *player {
	p := &player{follow: true, mail: mail, moved: moved, text: widget.Caption("").Align(fyne.TextAlignTrailing)}
	p.slider = fwidget.NewSlider(0, 1)
	p.slider.OnChanged = func(v float64) {
		if !p.setting {
			p.show(int(v))
		}
	}
	p.play = fwidget.NewButtonWithIcon("", ftheme.MediaPlayIcon(), p.toggle)
	p.play.Importance = fwidget.LowImportance
	p.content = container.NewBorder(nil, nil, p.play, widget.AtLeast(150, 0, container.NewCenter(p.text)), p.slider)
	p.refresh(nil)
	return p
}

// reset follows a new run.
func (p *player) reset() {
	p.halt()
	p.follow, p.at = true, 0
}

// show looks at an iteration.
func (p *player) show(iteration int) {
	p.at = iteration
	p.follow = float64(iteration) >= p.slider.Max
	p.moved()
}

// step moves by kept frames and stops the playing.
func (p *player) step(run *vm.Run, by int) {
	if run == nil {
		return
	}
	p.halt()
	its := run.Frames.Iterations()
	if len(its) == 0 {
		return
	}
	at, exact := slices.BinarySearch(its, p.at)
	if !exact && by < 0 { // between two: the one before is one step away
		at, by = at-1, by+1
	} else if !exact {
		by--
	}
	p.show(its[min(max(at+by, 0), len(its)-1)])
}

func (p *player) toggle() {
	if p.playing {
		p.halt()
		p.moved()
		return
	}
	if p.slider.Disabled() {
		return
	}
	if p.follow {
		p.at = int(p.slider.Min)
	}
	p.follow, p.playing, p.stop = false, true, make(chan struct{})
	p.play.SetIcon(ftheme.MediaPauseIcon())
	go func(stop chan struct{}) {
		t := time.NewTicker(playEvery)
		defer t.Stop()
		for {
			select {
			case <-stop:
				return
			case <-t.C:
				p.mail.PostLatest("watch/play", func() { p.tick(stop) })
			}
		}
	}(p.stop)
	p.moved()
}

// tick shows the next frame; of a finished showing nothing more comes.
func (p *player) tick(stop chan struct{}) {
	if !p.playing || p.stop != stop {
		return
	}
	length := p.slider.Max - p.slider.Min
	p.show(p.at + max(1, int(length/150)))
	if p.follow {
		p.halt()
	}
}

func (p *player) halt() {
	if p.playing {
		close(p.stop)
		p.playing = false
		p.play.SetIcon(ftheme.MediaPlayIcon())
	}
}

// refresh shows the range of the run's frames and where one looks.
func (p *player) refresh(run *vm.Run) {
	first, last := 0, 0
	if run != nil {
		first, last = run.Frames.Range()
	}
	enable(p.play, last > first)
	if last <= first {
		p.slider.Disable()
		p.text.SetText("no frames yet")
		if last > 0 {
			p.at = last
			p.text.SetText(fmt.Sprintf("iteration %d", last))
		}
		return
	}
	p.slider.Enable()
	if p.follow {
		p.at = last
	}
	if p.slider.Min != float64(first) || p.slider.Max != float64(last) || p.slider.Value != float64(p.at) {
		p.setting = true
		p.slider.Min, p.slider.Max, p.slider.Value = float64(first), float64(last), float64(p.at)
		p.slider.Refresh()
		p.setting = false
	}
	s := fmt.Sprintf("iteration %d of %d", p.at, last)
	if run.Frames.Thinned() {
		s += fmt.Sprintf(" · %d kept", len(run.Frames.Iterations()))
	}
	p.text.SetText(s)
}
