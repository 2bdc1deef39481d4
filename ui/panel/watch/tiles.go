package watch

import (
	"fmt"
	"image"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"

	"reverie/ui/theme"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// tile is one image of the batch: the target beside what evolves, and its words.
type tile struct {
	*widget.Choice
	target, picture *widget.Picture
	other           *widget.Picture // of a run to compare; nil mostly
	label, score    *widget.Text
	original        *image.NRGBA
}

func newTile(name string, columns int, tapped func()) *tile {
	t := &tile{
		target: widget.NewPicture(40, "no picture"), picture: widget.NewPicture(40, "waiting"),
		label: widget.NewText(name, ftheme.SizeNameText, ftheme.ColorNameForeground, fyne.TextStyle{}),
		score: widget.NewText("", ftheme.SizeNameCaptionText, theme.ColorMuted, fyne.TextStyle{}).Align(fyne.TextAlignTrailing),
	}
	pair := container.New(pairLayout{columns}, t.target, t.picture, t.label, t.score)
	if columns > 2 {
		t.other = widget.NewPicture(40, "waiting")
		pair.Add(t.other)
	}
	t.Choice = widget.NewChoice(widget.Pad(tilePad, pair), tapped)
	return t
}

func (t *tile) setTarget(m *image.NRGBA) {
	t.original = m
	t.target.SetImage(m)
}

// say writes the score of an image: r and why it stopped, once it is done.
func (t *tile) say(run *vm.Run, index int) {
	o, ok := run.Outcome(index)
	switch {
	case !ok:
		t.score.SetText("")
	case o.Err != nil:
		t.score.SetColor(ftheme.ColorNameError)
		t.score.SetText("stopped: " + o.Reason)
	case math.IsNaN(o.Correlation):
		t.score.SetColor(theme.ColorMuted)
		t.score.SetText("done")
	default:
		t.score.SetColor(ftheme.ColorNameForeground)
		t.score.SetText(fmt.Sprintf("r = %.2f", o.Correlation))
	}
}

const (
	tilePad   = 6
	tileGap   = 4 // between the two pictures
	tileText  = 20
	leastSide = 72
	mostSide  = 288
)

// pairLayout sets two or three squares side by side and their words below.
type pairLayout struct{ columns int }

// width of so many squares.
func squares(n int, side float32) float32 { return float32(n)*(side+tileGap) - tileGap }

func (l pairLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(squares(l.columns, leastSide), leastSide+tileText)
}

func (l pairLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	side := min((size.Width+tileGap)/float32(l.columns)-tileGap, size.Height-tileText)
	x := (size.Width - squares(l.columns, side)) / 2
	o[0].Move(fyne.NewPos(x, 0))
	o[1].Move(fyne.NewPos(x+side+tileGap, 0))
	o[0].Resize(fyne.NewSquareSize(side))
	o[1].Resize(fyne.NewSquareSize(side))
	o[2].Move(fyne.NewPos(x, side+2))
	o[2].Resize(fyne.NewSize(side*1.2, tileText))
	o[3].Move(fyne.NewPos(x+side, side+2))
	o[3].Resize(fyne.NewSize(side+tileGap, tileText))
	if len(o) > 4 {
		o[4].Move(fyne.NewPos(x+2*(side+tileGap), 0))
		o[4].Resize(fyne.NewSquareSize(side))
	}
}

// tilesLayout makes tiles as large as fit the viewport, none smaller than
// leastSide; more than fit scroll.
type tilesLayout struct {
	view    func() fyne.Size
	columns func() int // pictures of a tile
}

func (l tilesLayout) fit(n int) (cols int, cell fyne.Size) {
	view := l.view()
	best := float32(0)
	cols = 1
	for c := 1; c <= max(n, 1); c++ {
		rows := (n + c - 1) / c
		side := min((view.Width/float32(c)-2*tilePad+tileGap)/float32(l.columns())-tileGap, view.Height/float32(max(rows, 1))-2*tilePad-tileText)
		if side > best {
			best, cols = side, c
		}
	}
	if best < leastSide {
		best = leastSide
		cols = max(1, int(view.Width/(squares(l.columns(), leastSide)+2*tilePad)))
	}
	best = float32(math.Floor(float64(min(best, mostSide))))
	return cols, fyne.NewSize(squares(l.columns(), best)+2*tilePad, best+tileText+2*tilePad)
}

func (l tilesLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	n := len(objects)
	if n == 0 {
		return fyne.Size{}
	}
	cols, cell := l.fit(n)
	return fyne.NewSize(squares(l.columns(), leastSide)+2*tilePad, float32((n+cols-1)/cols)*cell.Height)
}

func (l tilesLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	n := len(objects)
	if n == 0 {
		return
	}
	cols, cell := l.fit(n)
	rows := (n + cols - 1) / cols
	left := max(0, (size.Width-cell.Width*float32(min(cols, n)))/2)
	top := max(0, (size.Height-cell.Height*float32(rows))/2)
	for i, o := range objects {
		o.Move(fyne.NewPos(left+float32(i%cols)*cell.Width, top+float32(i/cols)*cell.Height))
		o.Resize(cell)
	}
}
