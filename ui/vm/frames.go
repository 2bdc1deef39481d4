package vm

import (
	"math"
	"slices"
	"sync"

	"reverie/app/session"
)

// Frames keeps pictures of running reconstructions so that one can step back
// through them, within a bound of memory: values as computed, also beyond 0 …
// 255, and the latent vector where there is one. As long as there is room every
// iteration is kept; then ever fewer, spaced by logarithm, for most happens at
// the start. Each image's newest is always there. Safe for concurrent use.
type Frames struct {
	mu     sync.Mutex
	budget int64 // bytes
	used   int64
	dense  int       // kept iterations for each doubling; 0 is every iteration
	kept   [][]Frame // per image, by iteration
	last   []Frame
}

// Frame is an image at an iteration.
type Frame struct {
	Iteration int
	Latent    []float32 // of a generator; not to be changed
	w, h      int
	rgb       []int16 // value · frameUnit
}

// frameUnit is how fine values are kept: 1/32 of a grey level, within ±1024.
const frameUnit = 32

// Picture gives the values back; nil of no frame.
func (f Frame) Picture() *session.Raw {
	if f.rgb == nil {
		return nil
	}
	r := &session.Raw{W: f.w, H: f.h, RGB: make([]float32, len(f.rgb))}
	for i, v := range f.rgb {
		r.RGB[i] = float32(v) / frameUnit
	}
	return r
}

func (f Frame) size() int64 { return int64(2*len(f.rgb) + 4*len(f.Latent)) }

// NewFrames keeps frames of images within budget bytes. The newest frame of
// every image is kept even where these alone exceed it.
func NewFrames(images int, budget int64) *Frames {
	return &Frames{budget: budget, kept: make([][]Frame, images), last: make([]Frame, images)}
}

// Add keeps a picture. Frames of an image come in order of iteration; a repeated iteration replaces.
func (f *Frames) Add(index, iteration int, picture *session.Raw, latent []float32) {
	if picture == nil {
		return
	}
	fr := Frame{Iteration: iteration, Latent: latent, w: picture.W, h: picture.H, rgb: make([]int16, len(picture.RGB))}
	for i, v := range picture.RGB {
		fr.rgb[i] = int16(math.Round(float64(min(max(v, -1023), 1023)) * frameUnit))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if index < 0 || index >= len(f.kept) || iteration < f.last[index].Iteration {
		return
	}
	f.last[index] = fr
	if !f.keeps(iteration) {
		return
	}
	k := f.kept[index]
	if n := len(k); n > 0 && k[n-1].Iteration == iteration {
		f.used += fr.size() - k[n-1].size()
		k[n-1] = fr
	} else {
		f.kept[index] = append(k, fr)
		f.used += fr.size()
	}
	for f.used > f.budget && f.thin() {
	}
}

// keeps tells whether an iteration is among those kept: the first of each step of the logarithm.
func (f *Frames) keeps(iteration int) bool {
	if f.dense == 0 || iteration <= 1 {
		return true
	}
	step := func(i int) float64 { return math.Floor(float64(f.dense) * math.Log2(float64(i))) }
	return step(iteration) != step(iteration-1)
}

// thin halves the density and reports whether anything can still be dropped.
func (f *Frames) thin() bool {
	switch f.dense {
	case 1:
		return false
	case 0:
		f.dense = 64
	default:
		f.dense /= 2
	}
	f.used = 0
	for i, k := range f.kept {
		var rest []Frame
		for _, fr := range k {
			if f.keeps(fr.Iteration) {
				rest = append(rest, fr)
				f.used += fr.size()
			}
		}
		f.kept[i] = rest
	}
	return true
}

// At is an image as it stood at an iteration: the newest kept frame not after
// it, and its first where all are after; none before any.
func (f *Frames) At(index, iteration int) Frame {
	f.mu.Lock()
	defer f.mu.Unlock()
	if index < 0 || index >= len(f.kept) {
		return Frame{}
	}
	last := f.last[index]
	if last.rgb == nil || iteration >= last.Iteration {
		return last
	}
	found := last
	for i, fr := range f.kept[index] {
		if i > 0 && fr.Iteration > iteration {
			break
		}
		found = fr
	}
	return found
}

// Range is the first and the newest iteration over all images.
func (f *Frames) Range() (first, last int) {
	its := f.Iterations()
	if len(its) == 0 {
		return 0, 0
	}
	return its[0], its[len(its)-1]
}

// Iterations are those that any image has a frame of.
func (f *Frames) Iterations() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []int
	for i, k := range f.kept {
		for _, fr := range k {
			out = append(out, fr.Iteration)
		}
		if f.last[i].rgb != nil {
			out = append(out, f.last[i].Iteration)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Thinned tells that not every iteration is kept any more.
func (f *Frames) Thinned() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dense > 0
}

// Memory is the size of the kept frames in bytes, each image's newest aside.
func (f *Frames) Memory() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.used
}
