// Package stimuli turns pictures into network inputs and back: it reads image
// files, resizes as the lab does, and finds the picture of a label.
package stimuli

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/gif" // the formats that Load reads
	_ "image/jpeg"
	_ "image/png"
	"io"
	"os"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// maxPixels bounds what Load decodes (about 400 MB in memory): a few bytes of a
// broken or hostile file can claim any size.
const maxPixels = 100 << 20

// Load reads a JPEG, PNG, BMP, TIFF, WebP or GIF file (its first frame), in
// colour, grey or CMYK, and gives it opaque: what is transparent lies on white.
func Load(path string) (*image.NRGBA, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("load image: %w", err)
	}
	defer f.Close()
	img, err := decode(f)
	if err != nil {
		return nil, fmt.Errorf("load image %s: %w", path, err)
	}
	return img, nil
}

func decode(f io.ReadSeeker) (*image.NRGBA, error) {
	cfg, kind, err := image.DecodeConfig(bufio.NewReader(f))
	switch {
	case errors.Is(err, image.ErrFormat):
		return nil, errors.New("not an image that can be read (JPEG, PNG, BMP, TIFF, WebP or GIF)")
	case err != nil:
		return nil, fmt.Errorf("the file's header is damaged: %w", err)
	case cfg.Width < 1 || cfg.Height < 1:
		return nil, fmt.Errorf("%s image of %d×%d pixels is empty", kind, cfg.Width, cfg.Height)
	case cfg.Width > maxPixels/cfg.Height:
		return nil, fmt.Errorf("%s image of %d×%d pixels is too large; at most %d million pixels are read",
			kind, cfg.Width, cfg.Height, maxPixels>>20)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	img, kind, err := image.Decode(bufio.NewReader(f))
	if err != nil {
		return nil, fmt.Errorf("the %s data is damaged or cut short: %w", kind, err)
	}
	return onWhite(img), nil
}

// onWhite composites an image on white.
func onWhite(img image.Image) *image.NRGBA {
	b := img.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	if opaque, ok := img.(interface{ Opaque() bool }); ok && opaque.Opaque() {
		// image/draw has its fast paths to RGBA, whose bytes are the same where nothing is transparent.
		draw.Draw(&image.RGBA{Pix: out.Pix, Stride: out.Stride, Rect: out.Rect}, out.Rect, img, b.Min, draw.Src)
		return out
	}
	for y := range b.Dy() {
		for x := range b.Dx() {
			c := color.NRGBA64Model.Convert(img.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA64)
			p := out.Pix[y*out.Stride+4*x:][:4]
			p[0], p[1], p[2], p[3] = over(c.R, c.A), over(c.G, c.A), over(c.B, c.A), 255
		}
	}
	return out
}

// over mixes a 16-bit value with white and rounds to 8 bits.
func over(v, alpha uint16) uint8 {
	const full = 0xffff
	mixed := uint64(v)*uint64(alpha) + full*uint64(full-alpha) // · full
	return uint8((mixed*255/full + full/2) / full)
}
