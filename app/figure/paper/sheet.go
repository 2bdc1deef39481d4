// Package paper draws figures for publication, vectors (PDF, SVG) and PNG from one drawing: galleries of
// reconstructions, and scores with every dot, mean and interval shown. It takes plain data and knows nothing of
// where they come from.
package paper

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"io"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"

	"reverie/app/export"
)

// Sheet is a figure. Its height follows from its width.
type Sheet interface {
	// Height is what it takes at a width; an error says what is missing.
	Height(width vg.Length) (vg.Length, error)
	// Draw fills a canvas of that size.
	Draw(c draw.Canvas)
	// Caption says what is shown, with n and the kind of interval.
	Caption() string
}

// Widths that journals ask for, in mm: one column, one and a half, two.
var Widths = []float64{85, 114, 174}

// Millimetres as a length.
func Millimetres(mm float64) vg.Length { return vg.Length(mm) * vg.Millimeter }

// Formats are those of Encode.
var Formats = []string{"pdf", "svg", "png"}

// Encode draws a sheet in a format, at a width in mm; dpi is that of png. Equal sheets give equal bytes.
func Encode(w io.Writer, s Sheet, format string, mm float64, dpi int) error {
	if mm < 40 || mm > 1000 || dpi < 50 || dpi > 1200 {
		return fmt.Errorf("figure of %g mm at %d dots per inch, want 40 to 1000 and 50 to 1200", mm, dpi)
	}
	width := Millimetres(mm)
	height, err := s.Height(width)
	if err != nil {
		return err
	}
	var c interface {
		vg.CanvasSizer
		io.WriterTo
	}
	switch format {
	case "pdf":
		p := vgpdf.New(width, height)
		p.EmbedFonts(true)
		c = p
	case "svg":
		c = vgsvg.New(width, height)
	case "png":
		c = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))}
	default:
		return fmt.Errorf("no figure format %q: choose %s", format, strings.Join(Formats, ", "))
	}
	s.Draw(draw.New(c))
	_, err = c.WriteTo(w)
	return err
}

// Save draws a sheet into a file; its extension is the format.
func Save(path string, s Sheet, mm float64, dpi int) error {
	return export.File(path, func(w io.Writer) error {
		return Encode(w, s, strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), "."), mm, dpi)
	})
}

// Raster draws a sheet for a screen.
func Raster(s Sheet, mm float64, dpi int) (image.Image, error) {
	height, err := s.Height(Millimetres(mm))
	if err != nil {
		return nil, err
	}
	c := vgimg.NewWith(vgimg.UseWH(Millimetres(mm), height), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	s.Draw(draw.New(c))
	return c.Image(), nil
}

// SVG draws a sheet for a page.
func SVG(s Sheet, mm float64) ([]byte, error) {
	var b bytes.Buffer
	err := Encode(&b, s, "svg", mm, 300)
	return b.Bytes(), err
}

const (
	typeface = "Go"
	boldface = "GoBold"
)

// fonts are known by a typeface each: gonum's PDF canvas does not find bold ones of a family.
var fonts = sync.OnceValue(func() text.Handler {
	cache := font.NewCache(nil)
	for name, ttf := range map[font.Typeface][]byte{typeface: goregular.TTF, boldface: gobold.TTF} {
		f, err := opentype.Parse(ttf)
		if err != nil {
			panic("app/figure/paper: the built-in font: " + err.Error())
		}
		cache.Add(font.Collection{{Font: font.Font{Typeface: name}, Face: f}})
	}
	return text.Plain{Fonts: cache}
})

var (
	ink   = color.NRGBA{0x22, 0x25, 0x29, 0xff}
	faint = color.NRGBA{0x6b, 0x74, 0x79, 0xff}
	rule  = color.NRGBA{0xd5, 0xda, 0xdd, 0xff}
)

// style is text of a size in points.
func style(points float64, bold bool, c color.Color) text.Style {
	f := font.Font{Typeface: typeface, Size: vg.Points(points)}
	if bold {
		f.Typeface = boldface
	}
	return text.Style{Color: c, Font: f, Handler: fonts()}
}

// fit shortens a text to a width with an ellipsis.
func fit(s text.Style, t string, width vg.Length) string {
	if s.Width(t) <= width {
		return t
	}
	r := []rune(t)
	for len(r) > 1 && s.Width(string(r)+"…") > width {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}
