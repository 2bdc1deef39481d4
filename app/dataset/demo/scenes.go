package demo

import (
	"image"
	"math"

	"reverie/compute/nn"
)

// Streams of the generator under the subject's seed. A scene or voxel that
// changes leaves the others as they were.
const (
	streamScene  = 1 << 32 // + number of the scene
	streamVoxel  = 2 << 32 // + number of the voxel
	streamNoise  = 3 << 32 // + session << 24 + number of the trial
	streamDrift  = 4 << 32 // + session << 24 + run << 12 + voxel
	streamOrder  = 5 << 32 // + session << 24 + run
	streamChoice = 6 << 32
	// streamTraining + number draws what the built-in network and generator were trained on: no seed
	// of a subject leads into it.
	streamTraining = 7 << 32
)

// Scene draws a natural-like picture: a colour field with a 1/f spectrum, at
// times as sky over land, 3 to 8 saturated shaded blobs, bars and boxes.
func scene(seed uint64, number int) *image.NRGBA {
	d := &dice{s: nn.NewStream(seed, streamScene+uint64(number))}
	v, _ := ground(d)
	things(v, d)
	return v.image()
}

// things puts what stands in a scene onto its ground.
func things(v *canvas, d *dice) {
	for range 1 + d.intn(3) {
		bar(v, d)
	}
	for range 1 + d.intn(3) {
		block(v, d)
	}
	for range 3 + d.intn(6) {
		blob(v, d)
	}
}

// look says what a ground is of.
type look struct {
	land bool    // sky over land rather than one field
	hue  float64 // of its first colour: the sky's where there is land
}

// ground paints the field: light varies most, colour more slowly.
func ground(d *dice) (*canvas, look) {
	light, tint := field(d, 64), field(d, 64)
	hue := d.uniform()
	a := hsv(hue, d.between(0.2, 0.7), d.between(0.35, 0.75))
	b := hsv(math.Mod(hue+d.between(0.1, 0.6), 1), d.between(0.2, 0.7), d.between(0.35, 0.75))
	contrast := d.between(0.1, 0.24)
	horizon, slope, depth := d.between(0.3, 0.75), d.between(-0.25, 0.25), d.between(0.5, 1)
	land := d.uniform() < 0.6
	var v canvas
	for i := range v {
		x, y := float64(i%Size)/Size, float64(i/Size)/Size
		t := 0.5 + 0.35*tint[i]
		dim := 1.0
		if land {
			over := y - horizon - slope*(x-0.5) - 0.025*tint[i]
			edge := min(max(0.5+over*40, 0), 1)
			t = edge*depth + (1-depth)/2 + 0.12*tint[i]
			dim = 1 + 0.35*(1-edge)*y - 0.25*edge*(1-y)
		}
		v[i] = a.mix(b, min(max(t, 0), 1)).scale(dim * math.Exp(contrast*light[i]*1.6))
	}
	return &v, look{land, hue}
}

func vivid(d *dice) rgb { return hsv(d.uniform(), d.between(0.65, 1), d.between(0.55, 1)) }

// blob is a lit body: an ellipse whose outline waves a little, brighter towards the light.
func blob(v *canvas, d *dice) {
	cx, cy := d.between(10, Size-10), d.between(10, Size-10)
	a := d.between(7, 24)
	b := a * d.between(0.55, 1)
	at := rotated(cx, cy, d.between(0, math.Pi))
	lobes, depth, phase := float64(2+d.intn(4)), d.between(0, 0.16), d.between(0, 2*math.Pi)
	c := vivid(d)
	lx, ly := -0.45, -0.55 // light from the upper left, as in most photographs
	soft := d.between(1, 3)
	v.shape(6, func(x, y float64) float64 { // its shadow
		u, w := at(x-3, y-4)
		return (math.Hypot(u/a, w/b) - 1) * b
	}, func(x, y float64) rgb {
		i := min(int(y), Size-1)*Size + min(int(x), Size-1)
		return v[i].scale(0.6)
	})
	v.shape(soft, func(x, y float64) float64 {
		u, w := at(x, y)
		r := math.Hypot(u/a, w/b)
		return (r - 1 - depth*math.Cos(lobes*math.Atan2(w, u)+phase)) * b
	}, func(x, y float64) rgb {
		u, w := (x-cx)/a, (y-cy)/a
		shade := min(max(0.82-0.42*(u*-lx+w*-ly), 0.3), 1.2)
		spark := 0.55 * math.Exp(-((u-lx)*(u-lx)+(w-ly)*(w-ly))*9)
		return c.scale(shade).mix(rgb{1, 1, 1}, spark)
	})
}

// bar is a long stripe, plain or with bands along it.
func bar(v *canvas, d *dice) {
	cx, cy := d.between(16, Size-16), d.between(16, Size-16)
	angle := d.between(0, math.Pi)
	if d.uniform() < 0.4 {
		angle = float64(d.intn(4)) * math.Pi / 4
	}
	at := rotated(cx, cy, angle)
	half, long := d.between(2, 6), d.between(24, 90)
	c := hsv(d.uniform(), d.between(0.1, 0.8), d.between(0.1, 1))
	bands := d.uniform() < 0.3
	period := d.between(8, 20)
	v.shape(1, func(x, y float64) float64 {
		u, w := at(x, y)
		return box(u, w, long, half)
	}, func(x, y float64) rgb {
		u, w := at(x, y)
		k := 1 - 0.35*(w/half+1)/2
		if bands && math.Mod(u+1000, period) < period/2 {
			k *= 0.45
		}
		return c.scale(k)
	})
}

// block is a house-like box with a lit and a dark side, at times with windows.
func block(v *canvas, d *dice) {
	cx, cy := d.between(14, Size-14), d.between(24, Size-14)
	a, b := d.between(7, 22), d.between(7, 26)
	tilt := 0.0
	if d.uniform() < 0.4 {
		tilt = d.between(-0.6, 0.6)
	}
	at := rotated(cx, cy, tilt)
	c := hsv(d.uniform(), d.between(0.25, 0.9), d.between(0.4, 0.95))
	split := d.between(-0.1, 0.6)
	windows := d.uniform() < 0.45
	step := d.between(7, 11)
	dark := d.between(0.35, 0.6)
	v.shape(1, func(x, y float64) float64 {
		u, w := at(x, y)
		return box(u, w, a, b)
	}, func(x, y float64) rgb {
		u, w := at(x, y)
		k := 1.05 - 0.2*(w/b+1)/2
		if u > split*a {
			k *= 0.62
		}
		if windows && math.Mod(u+a, step) > step*0.45 && math.Mod(w+b, step) > step*0.45 {
			k *= dark
		}
		return c.scale(k)
	})
}
