package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

type padded struct{ h, v float32 }

func (p padded) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var m fyne.Size
	for _, o := range objects {
		if o.Visible() {
			m = m.Max(o.MinSize())
		}
	}
	return m.AddWidthHeight(2*p.h, 2*p.v)
}

func (p padded) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(p.h, p.v))
		o.Resize(fyne.NewSize(max(size.Width-2*p.h, 0), max(size.Height-2*p.v, 0)))
	}
}

// Pad leaves space around content on all sides.
func Pad(space float32, content fyne.CanvasObject) fyne.CanvasObject {
	return container.New(padded{space, space}, content)
}

// PadHV leaves space at the sides (h) and above and below (v).
func PadHV(h, v float32, content fyne.CanvasObject) fyne.CanvasObject {
	return container.New(padded{h, v}, content)
}

type atLeast struct{ size fyne.Size }

func (a atLeast) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return padded{}.MinSize(objects).Max(a.size)
}

func (a atLeast) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	padded{}.Layout(objects, size)
}

// AtLeast gives content a least width and height; 0 leaves its own.
func AtLeast(width, height float32, content fyne.CanvasObject) fyne.CanvasObject {
	return container.New(atLeast{fyne.NewSize(width, height)}, content)
}

type column struct{ width float32 }

func (c column) MinSize(objects []fyne.CanvasObject) fyne.Size {
	m := padded{}.MinSize(objects)
	return fyne.NewSize(min(m.Width, c.width), m.Height)
}

func (c column) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := min(size.Width, c.width)
	for _, o := range objects {
		o.Move(fyne.NewPos((size.Width-w)/2, 0))
		o.Resize(fyne.NewSize(w, size.Height))
	}
}

// Column keeps content at most width wide, centred.
func Column(width float32, content fyne.CanvasObject) fyne.CanvasObject {
	return container.New(column{width}, content)
}

// Space is an empty gap.
func Space(width, height float32) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(width, height))
	return r
}

// Stack is a vertical arrangement with a gap of its own between parts.
func Stack(gap float32, parts ...fyne.CanvasObject) *fyne.Container {
	return container.New(stack{gap}, parts...)
}

type stack struct{ gap float32 }

func (s stack) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var m fyne.Size
	n := 0
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		c := o.MinSize()
		m.Width = max(m.Width, c.Width)
		m.Height += c.Height
		n++
	}
	m.Height += s.gap * float32(max(n-1, 0))
	return m
}

func (s stack) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	var y float32
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		o.Move(fyne.NewPos(0, y))
		// Width first: wrapped text knows its height only then.
		o.Resize(fyne.NewSize(size.Width, o.Size().Height))
		h := o.MinSize().Height
		o.Resize(fyne.NewSize(size.Width, h))
		y += h + s.gap
	}
}
