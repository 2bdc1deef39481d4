// Package figure draws the program's figures as images. It knows no widgets.
package figure

import (
	"image"
	"image/color"
	"image/draw"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Cell is one picture of a montage. A nil image leaves its place empty.
type Cell struct {
	Image   image.Image
	Caption string // below the picture
}

// Montage is a table of pictures with a name before each row, as the paper's figures are laid out.
type Montage struct {
	Title string
	Rows  []Row
	Notes []string // lines below the table
	Size  int      // pixels of a picture's longer side; 0 is 128
}

// Row is one line of a montage.
type Row struct {
	Name  string
	Cells []Cell
}

const gap, margin, captionHeight, titleHeight, noteHeight = 8, 16, 20, 34, 20

var ink = color.NRGBA{0x22, 0x25, 0x29, 0xff}

// Draw renders the montage on white. Pictures keep their pixels: they are enlarged without smoothing.
func (m Montage) Draw() (*image.NRGBA, error) {
	face, err := newFace(13)
	if err != nil {
		return nil, err
	}
	title, err := newFace(18)
	if err != nil {
		return nil, err
	}
	size := m.Size
	if size == 0 {
		size = 128
	}
	columns, label, captions := 0, 0, make([]bool, len(m.Rows))
	for i, r := range m.Rows {
		columns = max(columns, len(r.Cells))
		label = max(label, font.MeasureString(face, r.Name).Ceil())
		for _, c := range r.Cells {
			captions[i] = captions[i] || c.Caption != ""
		}
	}
	if label > 0 {
		label += gap * 2
	}
	width := 2*margin + label + columns*(size+gap) - gap
	width = max(width, 2*margin+font.MeasureString(title, m.Title).Ceil())
	for _, n := range m.Notes {
		width = max(width, 2*margin+font.MeasureString(face, n).Ceil())
	}
	height := 2*margin + len(m.Notes)*noteHeight
	if m.Title != "" {
		height += titleHeight
	}
	for i := range m.Rows {
		height += size + gap
		if captions[i] {
			height += captionHeight
		}
	}
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	y := margin
	if m.Title != "" {
		text(img, title, margin, y+18, m.Title)
		y += titleHeight
	}
	for i, r := range m.Rows {
		text(img, face, margin, y+size/2+5, r.Name)
		for j, c := range r.Cells {
			x := margin + label + j*(size+gap)
			if c.Image != nil {
				xdraw.NearestNeighbor.Scale(img, fit(c.Image.Bounds(), x, y, size), c.Image, c.Image.Bounds(), draw.Over, nil)
			}
			if c.Caption != "" {
				w := font.MeasureString(face, c.Caption).Ceil()
				text(img, face, x+max(0, (size-w)/2), y+size+15, c.Caption)
			}
		}
		y += size + gap
		if captions[i] {
			y += captionHeight
		}
	}
	for _, n := range m.Notes {
		text(img, face, margin, y+15, n)
		y += noteHeight
	}
	return img, nil
}

// fit is the rectangle at x, y that keeps the picture's aspect within size × size.
func fit(b image.Rectangle, x, y, size int) image.Rectangle {
	w, h := size, size
	if b.Dx() > b.Dy() {
		h = size * b.Dy() / b.Dx()
	} else if b.Dy() > 0 {
		w = size * b.Dx() / b.Dy()
	}
	x, y = x+(size-w)/2, y+(size-h)/2
	return image.Rect(x, y, x+w, y+h)
}

func newFace(size float64) (font.Face, error) {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
}

func text(dst draw.Image, f font.Face, x, y int, s string) {
	d := font.Drawer{Dst: dst, Src: image.NewUniform(ink), Face: f, Dot: fixed.P(x, y)}
	d.DrawString(s)
}
