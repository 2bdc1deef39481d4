package widget

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fwidget "fyne.io/fyne/v2/widget"
)

// sketch is a widget whose drawing is painted at the screen's own resolution,
// with texts over it. What embeds it sets lay and paint, calls ExtendBaseWidget,
// and Refresh when there is something else to draw.
type sketch struct {
	fwidget.BaseWidget
	least fyne.Size
	// lay sets texts for a size.
	lay func(p *pool, size fyne.Size)
	// paint draws below the texts; scale is pixels of dst for a unit of the size that lay was told.
	paint func(dst *image.RGBA, scale float32)
}

// CreateRenderer implements fyne.Widget.
func (s *sketch) CreateRenderer() fyne.WidgetRenderer {
	r := &sketchRenderer{s: s}
	r.raster = canvas.NewRaster(func(w, h int) image.Image {
		m := image.NewRGBA(image.Rect(0, 0, w, h))
		if size := r.raster.Size(); w > 1 && h > 1 && size.Width > 0 {
			s.paint(m, float32(w)/size.Width)
		}
		return m
	})
	r.raster.ScaleMode = canvas.ImageScaleSmooth
	r.refresh()
	return r
}

type sketchRenderer struct {
	s      *sketch
	raster *canvas.Raster
	laid   fyne.Size
	pool
}

func (r *sketchRenderer) refresh() {
	size := r.s.Size()
	r.begin(r.s)
	r.s.lay(&r.pool, size)
	r.hideUnused()
	r.raster.Resize(size)
	r.raster.Refresh()
}

func (r *sketchRenderer) Layout(size fyne.Size) {
	if size != r.laid {
		r.laid = size
		r.refresh()
	}
}
func (r *sketchRenderer) MinSize() fyne.Size { return r.s.least }
func (r *sketchRenderer) Destroy()           {}
func (r *sketchRenderer) Objects() []fyne.CanvasObject {
	return append([]fyne.CanvasObject{r.raster}, r.objects()...)
}
func (r *sketchRenderer) Refresh() {
	r.refresh()
	canvas.Refresh(r.s)
}
