package figure

import (
	"cmp"
	"fmt"
	"image"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Mode is a way to turn computed values into 8 bits.
type Mode string

const (
	// Stretch clips at the percentiles Percent/2 and 100 − Percent/2 of all pixels and channels together
	// and maps the least value to 0, the largest to 255: clip_extreme_value and normalise_img of the lab's icnn.
	Stretch Mode = "stretch"
	// Channels does the same in each colour channel by itself.
	Channels Mode = "channel"
	// Plain clips to 0 … 255 and rounds: the colours as they were computed.
	Plain Mode = "raw"
)

// LabPercent is what the lab clips in its pictures: 2 % of the values at either end.
const LabPercent = 4

// Display is how computed pictures are shown. It is a setting of the view: data stay as they are.
// The zero value is Plain.
type Display struct {
	Mode    Mode
	Percent float64 // clipped at both ends together, 0 … 100; 0 maps the least and the largest value
}

// ParseDisplay reads "stretch", "stretch:4", "channel:4" or "raw". Without a number it is LabPercent.
func ParseDisplay(s string) (Display, error) {
	name, number, has := strings.Cut(s, ":")
	d := Display{Mode: Mode(name), Percent: LabPercent}
	var err error
	if has {
		if d.Percent, err = strconv.ParseFloat(number, 64); err != nil {
			return Display{}, fmt.Errorf("display %q: %q is no number of percent (write stretch:4)", s, number)
		}
	}
	switch {
	case name == "":
		return Display{}, fmt.Errorf("display %q: want stretch, channel or raw", s)
	case d.Mode == Plain && has:
		return Display{}, fmt.Errorf("display %q: raw takes no percentage", s)
	case d.Mode == Plain:
		d.Percent = 0
	}
	return d, d.check()
}

// String is what ParseDisplay reads.
func (d Display) String() string {
	if d.plain() {
		return string(Plain)
	}
	return fmt.Sprintf("%s:%g", d.Mode, d.Percent)
}

func (d Display) plain() bool { return d.Mode == Plain || d.Mode == "" }

func (d Display) check() error {
	switch {
	case d.plain():
	case d.Mode != Stretch && d.Mode != Channels:
		return fmt.Errorf("display %q: want stretch, channel or raw", d.Mode)
	case !(d.Percent >= 0 && d.Percent <= 100):
		return fmt.Errorf("display %s: %g percent, want 0 to 100", d.Mode, d.Percent)
	}
	return nil
}

// Picture shows a network input: BGR, [3][h][w], with mean (BGR, 0–255) subtracted. Errors are
// those of Show.
func (d Display) Picture(x []float32, h, w int, mean [3]float64) (*image.NRGBA, error) {
	if err := sizes(len(x), h, w); err != nil {
		return nil, err
	}
	rgb := make([]float32, len(x))
	for c := range 3 {
		for i, v := range x[c*h*w : (c+1)*h*w] {
			rgb[3*i+2-c] = float32(float64(v) + mean[c])
		}
	}
	return Show(d, rgb, h, w)
}

// Show shows RGB values [h][w][3] on the scale of 0 … 255, which they may leave. The values stay as
// they are. It computes in the type of the values, as NumPy does, with percentiles in float64. Values
// that are NaN or infinite and settings out of range are errors.
func Show[T float32 | float64](d Display, rgb []T, h, w int) (*image.NRGBA, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	if err := sizes(len(rgb), h, w); err != nil {
		return nil, err
	}
	for i, v := range rgb {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return nil, fmt.Errorf("display: the value of pixel (%d, %d), channel %d is %v (the reconstruction went wrong there; look at its losses)", i/3%w, i/3/w, i%3, v)
		}
	}
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range h * w {
		img.Pix[4*i+3] = 255
	}
	if d.plain() {
		for i, v := range rgb {
			img.Pix[i/3*4+i%3] = uint8(min(max(v, 0), 255) + 0.5)
		}
		return img, nil
	}
	if d.Mode == Stretch {
		s := newStretch(slices.Clone(rgb), d.Percent)
		for i, v := range rgb {
			img.Pix[i/3*4+i%3] = s.of(v)
		}
		return img, nil
	}
	channel := make([]T, h*w)
	for c := range 3 {
		for i := range channel {
			channel[i] = rgb[3*i+c]
		}
		s := newStretch(channel, d.Percent)
		for i := range h * w {
			img.Pix[4*i+c] = s.of(rgb[3*i+c])
		}
	}
	return img, nil
}

// sizes refuses values that are no picture of three channels.
func sizes(n, h, w int) error {
	if h <= 0 || w <= 0 || n%3 != 0 || n/3/h != w || n != 3*h*w {
		return fmt.Errorf("display: %d values are no picture of %d × %d pixels in three channels", n, w, h)
	}
	return nil
}

// stretch is a range of values that is mapped to 0 … 255.
type stretch[T float32 | float64] struct{ low, high, scale T }

// newStretch finds the range; it reorders v.
func newStretch[T float32 | float64](v []T, percent float64) stretch[T] {
	s := stretch[T]{low: percentile(v, percent/2), high: percentile(v, 100-percent/2)}
	if s.high > s.low {
		s.scale = 255 / (s.high - s.low)
	}
	return s
}

// of truncates as NumPy's uint8 does.
func (s stretch[T]) of(v T) uint8 {
	y := (min(max(v, s.low), s.high) - s.low) * s.scale
	return uint8(min(max(y, 0), 255))
}

// percentile is NumPy's with linear interpolation, q in 0 … 100. It reorders v.
func percentile[T float32 | float64](v []T, q float64) T {
	at := q / 100 * float64(len(v)-1)
	i := min(max(int(at), 0), len(v)-1)
	a := float64(nth(v, i))
	if i == len(v)-1 {
		return T(a)
	}
	b := float64(slices.MinFunc(v[i+1:], cmp.Compare[T])) // nth has put the smaller ones before it
	t := at - float64(i)
	if t < 0.5 {
		return T(a + (b-a)*t)
	}
	return T(b - (b-a)*(1-t))
}

// nth is the value that would stand at place k if v were sorted. Values before place k are then at most
// it, those behind at least it. It parts v again and again (Hoare), by the middle of three; where that goes
// badly it sorts.
func nth[T float32 | float64](v []T, k int) T {
	lo, hi := 0, len(v)-1
	for turns := 0; lo < hi; turns++ {
		if turns > 64 {
			slices.Sort(v[lo : hi+1])
			break
		}
		a, b, c := v[lo], v[lo+(hi-lo)/2], v[hi]
		p := max(min(a, b), min(max(a, b), c))
		i, j := lo, hi
		for i <= j {
			for v[i] < p {
				i++
			}
			for v[j] > p {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return v[k]
		}
	}
	return v[k]
}
