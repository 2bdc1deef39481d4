package session

import (
	"image"

	"reverie/compute/brain"
	"reverie/compute/recon"
)

// Source says whose features a reconstruction starts from.
type Source string

const (
	Decoded Source = "decoded" // from brain activity
	True    Source = "true"    // of the stimulus itself: the method's ceiling
	Stored  Source = "stored"  // read from a store of features
	// Shuffled is from brain activity with decoders trained on shuffled labels: what the method gives where samples
	// tell nothing of the stimulus (the floor).
	Shuffled Source = "shuffled"
)

// FromBrain tells whether the features come from brain activity, by decoders trained on right labels or wrong ones.
func (s Source) FromBrain() bool { return s == Decoded || s == Shuffled }

// Plan is what to reconstruct and how.
type Plan struct {
	Stimuli  []Stimulus
	ROI      string   // for Decoded, and for Stored where the store has several
	Store    string   // for Stored: the path of one of the subject's
	Decoders string   // for Decoded: the path of one of the subject's trained sets; empty trains ridge on the way
	Layers   []string // of the network, any subset
	Source   Source
	Trials   bool   // for Decoded: every trial by itself instead of their mean
	Prior    string // the ID of one of Engine.Priors, "" for pixels alone
	Options  recon.Options
	// From starts images elsewhere, one for each of Stimuli; nil is Options' start.
	From []Point
}

// Point is where an image stood: pixels, or the latent vector of a generator. The zero value is nowhere.
type Point struct {
	Picture   *Raw
	Latent    []float32
	Iteration int // that schedules go on from
}

// UsesPrior tells whether preset figures of the paper take the generator for stimuli: natural images
// (Fig. 2a, b) alone, not shapes, letters or imagery.
func UsesPrior(stimuli []Stimulus) bool {
	for _, s := range stimuli {
		if s.Session != brain.NaturalTest && s.Session != brain.NaturalTraining {
			return false
		}
	}
	return len(stimuli) > 0
}

// Raw is a picture as computed: RGB on the scale of 0 … 255, which it may leave.
type Raw struct {
	W, H int
	RGB  []float32 // [H][W][3]
}

// RawOf takes a picture of 8 bits, transparency left out.
func RawOf(m *image.NRGBA) *Raw {
	b := m.Bounds()
	r := &Raw{W: b.Dx(), H: b.Dy(), RGB: make([]float32, 0, 3*b.Dx()*b.Dy())}
	for y := range r.H {
		row := m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):]
		for x := range r.W {
			r.RGB = append(r.RGB, float32(row[4*x]), float32(row[4*x+1]), float32(row[4*x+2]))
		}
	}
	return r
}

// Clipped rounds to 8 bits.
func (r *Raw) Clipped() *image.NRGBA {
	if r == nil {
		return nil
	}
	out := image.NewNRGBA(image.Rect(0, 0, r.W, r.H))
	for i := range r.W * r.H {
		for c, v := range r.RGB[3*i : 3*i+3] {
			out.Pix[4*i+c] = uint8(min(max(v, 0), 255) + 0.5)
		}
		out.Pix[4*i+3] = 255
	}
	return out
}

// Update is one new picture of a running reconstruction.
type Update struct {
	Index      int // into Plan.Stimuli
	Iteration  int
	Evaluation int
	Loss       []float64 // per layer of Plan.Layers
	Total      float64
	Picture    *Raw      // belongs to the receiver
	Latent     []float32 // with a prior; belongs to the receiver
}

// Outcome is one finished image.
type Outcome struct {
	Index       int
	Label       string       // of the stimulus, of single trials the trial's
	Picture     *Raw         // at network input size
	Original    *image.NRGBA // nil where there is no picture
	Correlation float64      // pixel correlation of the clipped picture with the original; NaN without one
	Loss        float64
	Evaluations int
	Reason      string // why it stopped
	Err         error  // non-nil where it stopped on a failure; Picture is the best until then
}
