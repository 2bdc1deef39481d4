package batch

import (
	"fmt"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"reverie/app/session"
	"reverie/ui/theme"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

const (
	galleryImages = 8
	gallerySide   = 76
)

// gallery shows the last finished images, the original above each.
type gallery struct {
	content fyne.CanvasObject
	title   *widget.Text
	cells   []*cell
}

type cell struct {
	original, made *widget.Picture
	label          *widget.Text
}

func newGallery() *gallery {
	g := &gallery{title: widget.Section("Last finished")}
	line := container.NewGridWithColumns(galleryImages)
	for range galleryImages {
		c := &cell{original: widget.NewPicture(gallerySide, ""), made: widget.NewPicture(gallerySide, ""), label: widget.Caption(" ").Align(fyne.TextAlignCenter)}
		g.cells = append(g.cells, c)
		line.Add(widget.Stack(3, widget.AtLeast(0, gallerySide, c.original), widget.AtLeast(0, gallerySide, c.made), c.label))
	}
	g.content = widget.NewSurface(theme.ColorSurface, 10, 10, widget.Stack(4, g.title, line))
	return g
}

func (g *gallery) reset() { g.show(nil) }

// hint stands there before anything is made.
func (g *gallery) hint() {
	g.title.SetText("Last finished · originals above, reconstructions below")
}

func (g *gallery) show(list []session.BatchPicture) {
	g.hint()
	for i, c := range g.cells {
		if i >= len(list) {
			c.original.SetImage(nil)
			c.made.SetImage(nil)
			c.label.SetText(" ")
			continue
		}
		p := list[i]
		c.original.SetImage(p.Original)
		c.made.SetImage(p.Picture)
		text := vm.Shorten(p.Label, 14)
		if !math.IsNaN(p.Correlation) {
			text = fmt.Sprintf("r = %.2f", p.Correlation)
		}
		if p.Problem != "" {
			text = "failed"
		}
		c.label.SetText(text)
	}
}
