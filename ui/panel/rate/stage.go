package rate

import (
	"image"
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/rating"
	"reverie/ui/vm"
)

// TooEarly is the time after the pictures' appearing in which no key counts: nobody judges as fast, but a key held
// down repeats.
const TooEarly = 150 * time.Millisecond

// ahead is how many trials' pictures are read before their turn.
const ahead = 6

// Stage shows a trial on neutral grey and takes the answer. It has no feedback and no numbers but how many are left.
type Stage struct {
	fwidget.BaseWidget
	p        *Panel
	pictures *vm.RatePictures
	shown    time.Time
	focused  bool
	// Latency is from the last answer to the next trial's being set up.
	Latency time.Duration

	left, right, with *canvas.Image
	ground            *canvas.Rectangle
	question, count   *canvas.Text
	above             bool // the candidates stand above
}

func newStage(p *Panel) *Stage {
	s := &Stage{p: p, pictures: vm.NewRatePictures(), ground: canvas.NewRectangle(color.NRGBA{0x80, 0x80, 0x80, 0xff})}
	for _, at := range []**canvas.Image{&s.left, &s.right, &s.with} {
		*at = canvas.NewImageFromImage(nil)
		(*at).FillMode, (*at).ScaleMode = canvas.ImageFillContain, canvas.ImageScalePixels
	}
	ink := color.NRGBA{0x1c, 0x1c, 0x1c, 0xff}
	s.question, s.count = canvas.NewText("", ink), canvas.NewText("", ink)
	s.question.Alignment, s.count.Alignment = fyne.TextAlignCenter, fyne.TextAlignCenter
	s.question.TextSize, s.count.TextSize = 16, 12
	s.ExtendBaseWidget(s)
	return s
}

// next shows the trial that comes, or what comes instead.
func (s *Stage) next() {
	run := s.p.run
	t, ok := run.Current()
	if !ok {
		s.p.end()
		return
	}
	l, r, w := t.Pictures()
	for i, at := range []*canvas.Image{s.left, s.right, s.with} {
		img, err := s.pictures.Get([]string{l, r, w}[i])
		if err != nil {
			if b, bad := vm.ProblemOf("show the next pair", err); bad {
				s.p.d.Problem(b)
			}
			s.p.Leave()
			return
		}
		at.Image = image.Image(img)
	}
	s.above = run.Plan.Kind == rating.Identify
	s.question.Text = "Which of the two above is it a picture of?"
	if !s.above {
		s.question.Text = "Which of the two below is more like it?"
	}
	s.count.Text = vm.Count(run.Total()-run.Done(), "") + " left"
	if run.Practising() {
		s.count.Text = "practice"
	}
	s.Refresh()
	s.shown = time.Now()
	s.pictures.Ahead(run.Ahead(ahead))
}

// answer takes a side, unless it comes too early to be one.
func (s *Stage) answer(side rating.Side) {
	run := s.p.run
	now := time.Now()
	if run == nil || now.Sub(s.shown) < TooEarly {
		return
	}
	if err := run.Answer(side, now.Sub(s.shown), now); err != nil {
		if b, bad := vm.ProblemOf("keep the answer", err); bad {
			s.p.d.Problem(b)
		}
		return
	}
	if run.BreakDue() {
		s.p.rest()
		return
	}
	s.next()
	s.Latency = time.Since(now)
}

// FocusGained implements fyne.Focusable.
func (s *Stage) FocusGained() { s.focused = true }

// FocusLost implements fyne.Focusable.
func (s *Stage) FocusLost() { s.focused = false }

// TypedRune implements fyne.Focusable; keys come as TypedKey.
func (s *Stage) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (s *Stage) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyF, fyne.KeyLeft, fyne.Key1:
		s.answer(rating.Left)
	case fyne.KeyJ, fyne.KeyRight, fyne.Key2:
		s.answer(rating.Right)
	case fyne.KeyBackspace:
		if run := s.p.run; run != nil && run.CanUndo() {
			if err := run.Undo(time.Now()); err != nil {
				if b, bad := vm.ProblemOf("take the answer back", err); bad {
					s.p.d.Problem(b)
				}
				return
			}
			s.next()
		}
	case fyne.KeyEscape:
		s.p.Pause()
	}
}

// Tapped implements fyne.Tappable: a click on a candidate chooses it.
func (s *Stage) Tapped(e *fyne.PointEvent) {
	s.p.d.Focus(s)
	for at, side := range map[*canvas.Image]rating.Side{s.left: rating.Left, s.right: rating.Right} {
		p, z := at.Position(), at.Size()
		if e.Position.X >= p.X && e.Position.X < p.X+z.Width && e.Position.Y >= p.Y && e.Position.Y < p.Y+z.Height {
			s.answer(side)
			return
		}
	}
}

// CreateRenderer implements fyne.Widget.
func (s *Stage) CreateRenderer() fyne.WidgetRenderer { return &stageRenderer{s} }

type stageRenderer struct{ s *Stage }

func (r *stageRenderer) Layout(size fyne.Size) {
	s := r.s
	s.ground.Resize(size)
	side := min((size.Height-130)/2, (size.Width-140)/2)
	gap := min(side*0.4, 90)
	x := (size.Width - 2*side - gap) / 2
	top, bottom := float32(30), 30+side+34
	pair, one := top, bottom
	if !s.above {
		pair, one = bottom, top
	}
	s.left.Move(fyne.NewPos(x, pair))
	s.right.Move(fyne.NewPos(x+side+gap, pair))
	s.with.Move(fyne.NewPos((size.Width-side)/2, one))
	for _, at := range []*canvas.Image{s.left, s.right, s.with} {
		at.Resize(fyne.NewSquareSize(side))
	}
	s.question.Move(fyne.NewPos(0, size.Height-52))
	s.question.Resize(fyne.NewSize(size.Width, 22))
	s.count.Move(fyne.NewPos(0, size.Height-28))
	s.count.Resize(fyne.NewSize(size.Width, 18))
}
func (r *stageRenderer) MinSize() fyne.Size { return fyne.NewSize(420, 420) }
func (r *stageRenderer) Objects() []fyne.CanvasObject {
	s := r.s
	return []fyne.CanvasObject{s.ground, s.left, s.right, s.with, s.question, s.count}
}
func (r *stageRenderer) Destroy() {}
func (r *stageRenderer) Refresh() {
	r.Layout(r.s.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}
