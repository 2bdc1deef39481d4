package vm

import (
	"fmt"
	"image"
	"sync"
	"time"

	"reverie/app/dataset/stimuli"
	"reverie/app/rating"
)

// RatePictures keeps the pictures of the trials that come next, so that a key press finds them read.
type RatePictures struct {
	mu   sync.Mutex
	kept map[string]*image.NRGBA
	want map[string]bool
	busy bool
}

// NewRatePictures makes an empty one.
func NewRatePictures() *RatePictures {
	return &RatePictures{kept: map[string]*image.NRGBA{}, want: map[string]bool{}}
}

// Get is a picture, read now where it was not yet.
func (p *RatePictures) Get(path string) (*image.NRGBA, error) {
	p.mu.Lock()
	img := p.kept[path]
	p.mu.Unlock()
	if img != nil {
		return img, nil
	}
	img, err := stimuli.Load(path)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.kept[path] = img
	p.mu.Unlock()
	return img, nil
}

// Ahead reads pictures beside the drawing goroutine and forgets those that are not among them.
func (p *RatePictures) Ahead(paths []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.want = map[string]bool{}
	for _, f := range paths {
		p.want[f] = true
	}
	if p.busy {
		return
	}
	p.busy = true
	go p.read(paths)
}

func (p *RatePictures) read(paths []string) {
	for _, f := range paths {
		p.mu.Lock()
		have := p.kept[f] != nil || !p.want[f]
		p.mu.Unlock()
		if have {
			continue
		}
		img, err := stimuli.Load(f)
		if err != nil {
			continue // Get tells of it when its turn comes
		}
		p.mu.Lock()
		p.kept[f] = img
		p.mu.Unlock()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for f := range p.kept {
		if !p.want[f] {
			delete(p.kept, f)
		}
	}
	p.busy = false
}

// ChoiceText names a set that can be judged.
func ChoiceText(c rating.Choice) string {
	what := "which original is it of?"
	if c.Kind == rating.Prefer {
		what = "which layers are better?"
	}
	switch c.Task {
	case "shape":
		what = "shape alone"
	case "colour":
		what = "colour alone"
	case "colour6":
		what = "colour of one luminance"
	}
	prior := "pixels"
	if c.Prior {
		prior = "generator"
	}
	s := fmt.Sprintf("%s · %s", c.Subject, c.Condition)
	for _, p := range []string{c.ROI, c.Layers} {
		if p != "" {
			s += " · " + p
		}
	}
	s += " · " + prior
	if c.Source != "decoded" {
		s += " · " + string(c.Source)
	}
	return s + " · " + what
}

// perTrial is what an answer takes about, for the estimate.
const perTrial = 2500 * time.Millisecond

// RateEstimate tells how much a set is.
func RateEstimate(c rating.Choice) string {
	return fmt.Sprintf("%s, about %s; pause and go on whenever you like", Count(c.Pairs, "pair"), roughly(time.Duration(c.Pairs)*perTrial))
}

func roughly(d time.Duration) string {
	if d < time.Hour {
		return fmt.Sprintf("%d min", max(1, int(d.Minutes()+0.5)))
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}
