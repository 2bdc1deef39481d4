package vm

import (
	"image"
	"sync"
)

// Frames keeps pictures of running reconstructions so that one can step back
// through them, within a bound of memory. It keeps the frames of every stride-th
// iteration and each image's newest; when they outgrow the budget the stride
// doubles and the frames between are dropped. Safe for concurrent use.
type Frames struct {
	mu     sync.Mutex
	budget int64 // bytes
	used   int64
	stride int
	kept   [][]frame // per image, by iteration
	last   []frame
}

type frame struct {
	iteration int
	picture   *image.NRGBA
}

// NewFrames keeps frames of images within budget bytes. The newest frame of
// every image is kept even where these alone exceed it.
func NewFrames(images int, budget int64) *Frames {
	return &Frames{budget: budget, stride: 1, kept: make([][]frame, images), last: make([]frame, images)}
}

// Add keeps a picture, which belongs to the store from then on. Frames of an
// image come in order of iteration; a repeated iteration replaces.
func (f *Frames) Add(index, iteration int, picture *image.NRGBA) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if picture == nil || index < 0 || index >= len(f.kept) || iteration < f.last[index].iteration {
		return
	}
	f.last[index] = frame{iteration, picture}
	if iteration%f.stride != 0 {
		return
	}
	k := f.kept[index]
	if n := len(k); n > 0 && k[n-1].iteration == iteration {
		f.used += size(picture) - size(k[n-1].picture)
		k[n-1].picture = picture
	} else {
		f.kept[index] = append(k, frame{iteration, picture})
		f.used += size(picture)
	}
	for f.used > f.budget && f.thin() {
	}
}

// thin doubles the stride and reports whether anything can still be dropped.
func (f *Frames) thin() bool {
	if f.stride > 1<<20 {
		return false
	}
	f.stride *= 2
	f.used = 0
	for i, k := range f.kept {
		var rest []frame
		for _, fr := range k {
			if fr.iteration%f.stride == 0 {
				rest = append(rest, fr)
				f.used += size(fr.picture)
			}
		}
		f.kept[i] = rest
	}
	return true
}

// At is the picture of an image as it stood at an iteration: the newest kept
// frame not after it, and its first frame where all are after. It returns the
// iteration the picture is of; nil before any frame.
func (f *Frames) At(index, iteration int) (picture *image.NRGBA, of int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if index < 0 || index >= len(f.kept) {
		return nil, 0
	}
	last := f.last[index]
	if last.picture == nil || iteration >= last.iteration {
		return last.picture, last.iteration
	}
	found := last
	for i, fr := range f.kept[index] {
		if i > 0 && fr.iteration > iteration {
			break
		}
		found = fr
	}
	return found.picture, found.iteration
}

// Range is the first and the newest iteration over all images.
func (f *Frames) Range() (first, last int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	first = -1
	for i, k := range f.kept {
		if len(k) > 0 && (first < 0 || k[0].iteration < first) {
			first = k[0].iteration
		}
		last = max(last, f.last[i].iteration)
	}
	return max(first, 0), last
}

// Stride is the step between kept iterations.
func (f *Frames) Stride() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stride
}

// Memory is the size of the kept frames in bytes, each image's newest aside.
func (f *Frames) Memory() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.used
}

func size(p *image.NRGBA) int64 { return int64(len(p.Pix)) }
