package widget

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/theme"
)

// Picture shows an image on neutral ground, never cropped or stretched. Beyond
// twice its size its pixels are shown as they are.
type Picture struct {
	fwidget.BaseWidget
	Min   float32 // least side
	Empty string  // said where there is no image
	image image.Image
}

// NewPicture makes an empty picture.
func NewPicture(least float32, empty string) *Picture {
	p := &Picture{Min: least, Empty: empty}
	p.ExtendBaseWidget(p)
	return p
}

// SetImage shows an image; nil shows none. The same image again costs nothing.
func (p *Picture) SetImage(m *image.NRGBA) {
	if m == nil {
		if p.image == nil {
			return
		}
		p.image = nil
	} else {
		if p.image == image.Image(m) {
			return
		}
		p.image = m
	}
	p.Refresh()
}

// HasImage reports whether an image is shown.
func (p *Picture) HasImage() bool { return p.image != nil }

// CreateRenderer implements fyne.Widget.
func (p *Picture) CreateRenderer() fyne.WidgetRenderer {
	r := &pictureRenderer{p: p, ground: canvas.NewRectangle(color.Transparent), image: canvas.NewImageFromImage(nil), text: canvas.NewText("", nil)}
	r.ground.CornerRadius = 4
	r.image.FillMode = canvas.ImageFillContain
	r.text.Alignment = fyne.TextAlignCenter
	r.apply()
	return r
}

type pictureRenderer struct {
	p      *Picture
	ground *canvas.Rectangle
	image  *canvas.Image
	text   *canvas.Text
}

func (r *pictureRenderer) apply() {
	r.ground.FillColor = themed(r.p, theme.ColorGround)
	r.text.Color = themed(r.p, theme.ColorMuted)
	r.text.TextSize = ftheme.CurrentForWidget(r.p).Size(ftheme.SizeNameCaptionText)
	r.text.Text = r.p.Empty
	r.image.Image = r.p.image
	r.image.Hidden = r.p.image == nil
	r.text.Hidden = r.p.image != nil
	// Behind a square picture the ground is not seen, so it is not drawn.
	r.ground.Hidden = r.p.image != nil && r.p.image.Bounds().Dx() == r.p.image.Bounds().Dy()
	r.scale()
}

func (r *pictureRenderer) scale() {
	// Smooth costs a resampling on the drawing goroutine for each new picture:
	// only shrinking needs it, the graphics card enlarges.
	mode := canvas.ImageScaleSmooth
	if r.p.image != nil {
		switch own := float32(r.p.image.Bounds().Dx()); {
		case r.p.Size().Width > 2*own:
			mode = canvas.ImageScalePixels
		case r.p.Size().Width >= own:
			mode = canvas.ImageScaleFastest
		}
	}
	r.image.ScaleMode = mode
}

func (r *pictureRenderer) Layout(size fyne.Size) {
	r.scale()
	r.ground.Resize(size)
	r.image.Resize(size)
	r.text.Resize(size)
}
func (r *pictureRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(r.p.Min) }
func (r *pictureRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.text, r.image}
}
func (r *pictureRenderer) Destroy() {}
func (r *pictureRenderer) Refresh() {
	r.apply()
	r.ground.Refresh()
	r.text.Refresh()
	if !r.image.Hidden {
		r.image.Refresh()
	}
}
