package pipeline

import (
	"context"
	"fmt"
	"math/rand/v2"

	"reverie/compute"
	"reverie/compute/brain"
	"reverie/compute/decode"
)

// DecodeRequest is one set of decoders and what they are applied to.
type DecodeRequest struct {
	Train brain.Samples // single trials
	Test  brain.Samples // as they shall be decoded: averaged or single
	// Pictures gives the picture of each training stimulus.
	Pictures map[string]string
	Norm     Norm
	Layers   []string
	Alpha    float64 // ridge penalty; 0 is decode's default
	// Shuffled gives each training stimulus the features of another, always the same: what decoders make of
	// samples that tell nothing, the floor of every score.
	Shuffled bool
}

// Decoded are decoded features: Values[layer][test sample], C,H,W order.
type Decoded struct {
	Layers    []string
	Labels    []string
	Values    [][][]float32
	Corrected bool     // norm correction was applied
	Scaling   string   // which, as the lab's configurations name it
	ROI       string   // of trained decoders, as they say
	Notes     []string // what is to know about the samples: rows left out, selections that bdpy reads otherwise
	// FixedBlocks is how many blocks at the start of every run had the same stimulus in each run.
	FixedBlocks int
}

// shuffleSeed draws the labels of the floor; it stands in no record, since there is but one.
const shuffleSeed = 20171230

// Sample is the features of test sample i, one slice per layer.
func (d *Decoded) Sample(i int) [][]float32 {
	out := make([][]float32, len(d.Layers))
	for l := range d.Layers {
		out[l] = d.Values[l][i]
	}
	return out
}

// Decode trains ridge decoders and applies them. The training stimuli's
// features stream through the network once and no decoder weights are stored:
// a decoded feature is a fixed combination of the training stimuli's.
func (m *Model) Decode(ctx context.Context, be compute.Backend, q DecodeRequest, step func(stage string, done, total int)) (*Decoded, error) {
	step("fit decoders", 0, 1)
	ridge, err := decode.FitRidge(q.Train, decode.Options{Alpha: q.Alpha})
	if err != nil {
		return nil, err
	}
	mix, err := ridge.Mix(q.Test)
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(ridge.Stimuli()))
	for i, l := range ridge.Stimuli() {
		if paths[i] = q.Pictures[l]; paths[i] == "" {
			return nil, fmt.Errorf("decode: training stimulus %q has no picture: open the folder that holds it", l)
		}
	}
	if q.Shuffled {
		rand.New(rand.NewPCG(shuffleSeed, uint64(len(paths)))).Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
	}
	d := &Decoded{Layers: q.Layers, Labels: mix.Labels, Values: make([][][]float32, len(q.Layers))}
	sums := make([]*decode.Accumulator, len(q.Layers))
	for l, name := range q.Layers {
		sums[l] = decode.NewAccumulator(mix, m.Shape(name).Len())
	}
	err = m.Stream(ctx, be, paths, q.Layers, func(i int, f [][]float32) error {
		for l := range f {
			if err := sums[l].Add(i, f[l]); err != nil {
				return err
			}
		}
		return nil
	}, func(done, total int) { step("features of training stimuli", done, total) })
	if err != nil {
		return nil, err
	}
	for l := range sums {
		if d.Values[l], err = sums[l].Decoded(); err != nil {
			return nil, err
		}
	}
	return d, m.Scale(ctx, be, d, q.Norm, nil, func(done, total int) { step("norms of natural images", done, total) })
}
