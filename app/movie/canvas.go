package movie

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"strconv"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// The colours: pictures lie on a dark neutral ground, which takes nothing from theirs.
var (
	ground = color.RGBA{0x16, 0x18, 0x1b, 0xff}
	ink    = color.RGBA{0xea, 0xec, 0xee, 0xff}
	dim    = color.RGBA{0xa2, 0xa8, 0xb0, 0xff}
)

const (
	gap        = 8
	margin     = 16
	lineHeight = 20
	headHeight = 28
	smallText  = 12
	headText   = 15
	// Pictures smaller than this are enlarged where the scale is left to choose.
	aloneSide, mosaicSide = 224, 96
	fewImages             = 8 // mosaics of no more show them as large as one alone
)

// canvas holds what stays on all frames and where the rest goes.
type canvas struct {
	o           Options
	base, frame *image.RGBA
	places      []image.Rectangle // of the reconstructions
	small, head font.Face
	counter     image.Point // where the counter's text begins, or ends where atRight
	atRight     bool
}

// newCanvas lays out a movie; the sizes of the pictures are those of the first frame.
func newCanvas(o Options, images []Image, first []Shot) (*canvas, error) {
	w, h := 0, 0
	for _, s := range first {
		if s.Picture != nil {
			w, h = max(w, s.Picture.Bounds().Dx()), max(h, s.Picture.Bounds().Dy())
		}
	}
	if len(first) != len(images) || w < 1 || h < 1 {
		return nil, errors.New("the first frame has no picture")
	}
	w, h, err := tile(o, w, h, len(images))
	if err != nil {
		return nil, err
	}
	c := &canvas{o: o}
	if c.small, err = face(smallText); err != nil {
		return nil, err
	}
	if c.head, err = face(headText); err != nil {
		return nil, err
	}
	originals := false
	for _, im := range images {
		originals = originals || im.Original != nil && !o.NoOriginals
	}
	if len(images) == 1 {
		return c, c.alone(images[0], w, h, originals)
	}
	return c, c.mosaic(images, w, h, originals)
}

// tile is the size of a picture in the movie.
func tile(o Options, w, h, images int) (int, int, error) {
	if w > MaxSide || h > MaxSide {
		return 0, 0, fmt.Errorf("a picture of %d × %d pixels is larger than a movie may be (%d)", w, h, MaxSide)
	}
	if o.Side > 0 {
		long := max(w, h)
		return max(1, w*o.Side/long), max(1, h*o.Side/long), nil
	}
	scale := o.Scale
	if scale == 0 {
		want := aloneSide
		if images > fewImages {
			want = mosaicSide
		}
		scale = max(1, (want+max(w, h)-1)/max(w, h))
	}
	return w * scale, h * scale, nil
}

// alone lays out one image: the original on the left, the reconstruction on the right, what they are below.
func (c *canvas) alone(im Image, w, h int, original bool) error {
	top, width := margin, 2*margin+w
	if original {
		width += gap + w
	}
	title := im.Label
	if c.o.NoLabels {
		title = c.o.Title
	}
	if title != "" {
		top += headHeight
	}
	height := top + h + margin
	captions := !c.o.NoCounter || !c.o.NoLabels && original
	if captions {
		height += lineHeight - 4
	}
	if err := c.make(width, height); err != nil {
		return err
	}
	c.text(c.base, c.head, ink, margin, margin+14, fitted(c.head, title, width-2*margin))
	x := margin
	if original {
		place := image.Rect(x, top, x+w, top+h)
		show(c.base, place, im.Original)
		if !c.o.NoLabels {
			c.text(c.base, c.small, dim, x, top+h+lineHeight-4, fitted(c.small, "original", w))
		}
		x += w + gap
	}
	c.places = []image.Rectangle{image.Rect(x, top, x+w, top+h)}
	c.counter = image.Pt(x, top+h+lineHeight-4)
	return nil
}

// mosaic lays out many: originals above reconstructions, labels below, the counter at the top right.
func (c *canvas) mosaic(images []Image, w, h int, originals bool) error {
	columns := c.o.Columns
	tall := h
	if originals {
		tall = 2*h + 2
	}
	if !c.o.NoLabels {
		tall += lineHeight
	}
	if columns == 0 {
		best := math.Inf(1)
		for n := 1; n <= len(images); n++ {
			shape := float64(n*(w+gap)) / float64((len(images)+n-1)/n*(tall+gap))
			if off := math.Abs(math.Log(shape * 9 / 16)); off < best {
				best, columns = off, n
			}
		}
	}
	columns = min(columns, len(images))
	rows := (len(images) + columns - 1) / columns
	if c.o.Columns == 0 {
		columns = (len(images) + rows - 1) / rows // rows as even as can be
	}
	top := margin
	legend := ""
	if originals && !c.o.NoLabels {
		legend = "above the originals, below the reconstructions"
	}
	if c.o.Title != "" || legend != "" || !c.o.NoCounter {
		top += headHeight
	}
	width := 2*margin + columns*(w+gap) - gap
	if err := c.make(width, top+rows*(tall+gap)-gap+margin); err != nil {
		return err
	}
	c.counter, c.atRight = image.Pt(margin+columns*(w+gap)-gap, margin+14), true
	room := width - 2*margin
	if !c.o.NoCounter {
		room -= font.MeasureString(c.head, "iteration 0000000 ").Ceil()
	}
	title := fitted(c.head, c.o.Title, room)
	c.text(c.base, c.head, ink, margin, margin+14, title)
	x := margin
	if title != "" {
		x += font.MeasureString(c.head, title).Ceil() + 2*gap
	}
	if font.MeasureString(c.small, legend).Ceil() <= room-x+margin {
		c.text(c.base, c.small, dim, x, margin+14, legend)
	}
	for i, im := range images {
		x, y := margin+i%columns*(w+gap), top+i/columns*(tall+gap)
		if originals {
			show(c.base, image.Rect(x, y, x+w, y+h), im.Original)
			y += h + 2
		}
		c.places = append(c.places, image.Rect(x, y, x+w, y+h))
		if !c.o.NoLabels {
			c.text(c.base, c.small, dim, x, y+h+lineHeight-6, fitted(c.small, im.Label, w))
		}
	}
	return nil
}

// make takes the memory. Sides are even, as MP4 wants them.
func (c *canvas) make(w, h int) error {
	w, h = w+w%2, h+h%2
	if w > MaxSide || h > MaxSide || w*h > maxPixels {
		return fmt.Errorf("it would have %d × %d pixels, at most %d along a side and %d million in all are written (choose a smaller scale or side, or fewer images)", w, h, MaxSide, maxPixels>>20)
	}
	c.base, c.frame = image.NewRGBA(image.Rect(0, 0, w, h)), image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(c.base, c.base.Rect, image.NewUniform(ground), image.Point{}, draw.Src)
	return nil
}

// draw renders a frame into the canvas's own picture.
func (c *canvas) draw(shots []Shot) (*image.RGBA, error) {
	if len(shots) != len(c.places) {
		return nil, fmt.Errorf("a frame has %d pictures, want %d", len(shots), len(c.places))
	}
	copy(c.frame.Pix, c.base.Pix)
	iteration := 0
	for i, s := range shots {
		show(c.frame, c.places[i], s.Picture)
		iteration = max(iteration, s.Iteration)
	}
	if !c.o.NoCounter {
		f, tint, x, text := c.small, dim, c.counter.X, "iteration "+strconv.Itoa(iteration)
		if c.atRight {
			f, tint = c.head, ink
			x -= font.MeasureString(f, text).Ceil()
		} else if room := c.places[0].Dx(); font.MeasureString(f, text).Ceil() > room {
			text = strconv.Itoa(iteration)
		}
		c.text(c.frame, f, tint, x, c.counter.Y, text)
	}
	return c.frame, nil
}

// show draws a picture into its place, enlarged without smoothing or reduced. What is transparent lies on the ground.
func show(dst *image.RGBA, place image.Rectangle, img image.Image) {
	if img == nil {
		return
	}
	b := img.Bounds()
	var s xdraw.Interpolator = xdraw.NearestNeighbor
	if b.Dx() > place.Dx() || b.Dy() > place.Dy() {
		s = xdraw.CatmullRom
	}
	s.Scale(dst, place, img, b, draw.Over, nil)
}

func face(size float64) (font.Face, error) {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
}

func (c *canvas) text(dst draw.Image, f font.Face, tint color.Color, x, y int, s string) {
	d := font.Drawer{Dst: dst, Src: image.NewUniform(tint), Face: f, Dot: fixed.P(x, y)}
	d.DrawString(s)
}

// fitted shortens a text to so many pixels. Its end stays: labels differ there.
func fitted(f font.Face, s string, room int) string {
	if font.MeasureString(f, s).Ceil() <= room {
		return s
	}
	r := []rune(s)
	for len(r) > 0 {
		r = r[1:]
		if short := "…" + string(r); font.MeasureString(f, short).Ceil() <= room {
			return short
		}
	}
	return ""
}

// changed is the part of a frame that holds all pixels that are not as before: all of it where before is nil, and
// one pixel where nothing changed.
func changed(img *image.RGBA, before []byte) image.Rectangle {
	if before == nil {
		return img.Rect
	}
	r := image.Rectangle{}
	row := 4 * img.Rect.Dx()
	for y := range img.Rect.Dy() {
		a, b := img.Pix[y*img.Stride:][:row], before[y*img.Stride:][:row]
		if bytes.Equal(a, b) {
			continue
		}
		low, high := 0, row
		for a[low] == b[low] {
			low++
		}
		for a[high-1] == b[high-1] {
			high--
		}
		r = r.Union(image.Rect(low/4, y, (high+3)/4, y+1))
	}
	if r.Empty() {
		return image.Rect(0, 0, 1, 1)
	}
	return r
}
