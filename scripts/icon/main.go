// Icon draws Reverie's icon: a night landscape that voxels on the left turn into
// a picture on the right. One description of the shapes gives icon.svg and icon.png.
//
//	go run ./scripts/icon DIR
package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
)

const (
	size   = 512 // pixels of the PNG, units of the SVG
	radius = 112 // of the tile's corners
	gap    = 4   // between voxels
	super  = 6   // samples per pixel and axis
)

type rgb struct{ r, g, b float64 } // 0–255, as stored

func hex(v uint32) rgb { return rgb{float64(v >> 16), float64(v >> 8 & 255), float64(v & 255)} }

func (a rgb) mix(b rgb, t float64) rgb {
	return rgb{a.r + (b.r-a.r)*t, a.g + (b.g-a.g)*t, a.b + (b.b-a.b)*t}
}

func (a rgb) String() string {
	return fmt.Sprintf("#%02x%02x%02x", int(a.r+.5), int(a.g+.5), int(a.b+.5))
}

var (
	skyTop, skyLow = hex(0x241c4f), hex(0xe8798a)
	moon           = hex(0xffe7b8)
	farTop, farLow = hex(0x6b4a8f), hex(0x4b3a7c)
	nearTop        = hex(0x2a2358)
	nearLow        = hex(0x17143a)
	ground         = hex(0x0e0c26) // behind the voxels
)

const moonX, moonY, moonR = 236, 176, 98

func far(x float64) float64  { return 318 + 34*math.Sin(x/92+0.6) + 10*math.Sin(x/37) }
func near(x float64) float64 { return 398 + 30*math.Sin(x/118+3.4) + 8*math.Sin(x/49+1) }

// scene is the picture's colour at a point.
func scene(x, y float64) rgb {
	ramp := func(a, b rgb, y0, y1 float64) rgb { return a.mix(b, math.Max(0, math.Min(1, (y-y0)/(y1-y0)))) }
	switch {
	case y > near(x):
		return ramp(nearTop, nearLow, 370, size)
	case y > far(x):
		return ramp(farTop, farLow, 280, 420)
	case math.Hypot(x-moonX, y-moonY) < moonR:
		return moon
	}
	return ramp(skyTop, skyLow, 0, 380)
}

// voxel is one square of the left half in the scene's mean colour.
type voxel struct {
	x, y, side float64
	c          rgb
}

// voxels fill the columns from the left, finer towards the picture.
func voxels() []voxel {
	var vs []voxel
	x := 0.0
	for _, side := range []float64{64, 64, 32, 32, 16, 16} {
		for y := 0.0; y < size; y += side {
			var c rgb
			const n = 16
			for i := range n * n {
				p := scene(x+side*(float64(i%n)+.5)/n, y+side*(float64(i/n)+.5)/n)
				c = rgb{c.r + p.r/(n*n), c.g + p.g/(n*n), c.b + p.b/(n*n)}
			}
			g := gap * math.Sqrt(side/64)
			vs = append(vs, voxel{x + g/2, y + g/2, side - g, c})
		}
		x += side
	}
	return vs
}

const split = 224 // where the voxels end and the picture begins

// inTile reports whether a point lies in the rounded square.
func inTile(x, y float64) bool {
	dx := math.Max(0, math.Max(radius-x, x-(size-radius)))
	dy := math.Max(0, math.Max(radius-y, y-(size-radius)))
	return math.Hypot(dx, dy) <= radius
}

func draw() *image.NRGBA {
	vs := voxels()
	at := func(x, y float64) rgb {
		if x >= split {
			return scene(x, y)
		}
		for _, v := range vs {
			if x >= v.x && x < v.x+v.side && y >= v.y && y < v.y+v.side {
				return v.c
			}
		}
		return ground
	}
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for py := range size {
		for px := range size {
			var c rgb
			n := 0.0
			for i := range super * super {
				x := float64(px) + (float64(i%super)+.5)/super
				y := float64(py) + (float64(i/super)+.5)/super
				if !inTile(x, y) {
					continue
				}
				p := at(x, y)
				c = rgb{c.r + p.r, c.g + p.g, c.b + p.b}
				n++
			}
			if n > 0 {
				img.SetNRGBA(px, py, color.NRGBA{uint8(c.r/n + .5), uint8(c.g/n + .5), uint8(c.b/n + .5),
					uint8(255*n/(super*super) + .5)})
			}
		}
	}
	return img
}

func svg() []byte {
	var b bytes.Buffer
	ramp := func(id string, top, low rgb, y0, y1 int) {
		fmt.Fprintf(&b, `<linearGradient id="%s" gradientUnits="userSpaceOnUse" x1="0" y1="%d" x2="0" y2="%d">`+
			`<stop offset="0" stop-color="%v"/><stop offset="1" stop-color="%v"/></linearGradient>`+"\n", id, y0, y1, top, low)
	}
	hill := func(id string, f func(float64) float64) {
		fmt.Fprintf(&b, `<path fill="url(#%s)" d="M%d %d`, id, split, size)
		for x := split; x <= size; x += 8 {
			fmt.Fprintf(&b, "L%d %.1f", x, f(float64(x)))
		}
		fmt.Fprintf(&b, `V%dZ"/>`+"\n", size)
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d">`+"\n<defs>\n", size, size)
	fmt.Fprintf(&b, `<clipPath id="tile"><rect width="%d" height="%d" rx="%d"/></clipPath>`+"\n", size, size, radius)
	fmt.Fprintf(&b, `<clipPath id="picture"><rect x="%d" width="%d" height="%d"/></clipPath>`+"\n", split, size-split, size)
	ramp("sky", skyTop, skyLow, 0, 380)
	ramp("far", farTop, farLow, 280, 420)
	ramp("near", nearTop, nearLow, 370, size)
	fmt.Fprintf(&b, "</defs>\n"+`<g clip-path="url(#tile)">`+"\n"+`<rect width="%d" height="%d" fill="%v"/>`+"\n", size, size, ground)
	for _, v := range voxels() {
		fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%v"/>`+"\n", v.x, v.y, v.side, v.side, v.c)
	}
	fmt.Fprintf(&b, `<g clip-path="url(#picture)"><rect width="%d" height="%d" fill="url(#sky)"/>`+
		`<circle cx="%d" cy="%d" r="%d" fill="%v"/>`+"\n", size, size, moonX, moonY, moonR, moon)
	hill("far", far)
	hill("near", near)
	b.WriteString("</g>\n</g>\n</svg>\n")
	return b.Bytes()
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: icon DIR")
		os.Exit(2)
	}
	var p bytes.Buffer
	err := png.Encode(&p, draw())
	for name, data := range map[string][]byte{"icon.png": p.Bytes(), "icon.svg": svg()} {
		if err == nil {
			err = os.WriteFile(filepath.Join(os.Args[1], name), data, 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "icon:", err)
		os.Exit(1)
	}
}
