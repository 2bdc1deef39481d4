package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"reverie/app/batch"
	"reverie/app/dataset/features"
	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute"
	"reverie/compute/decode"
)

// batchHost gives a batch what it computes with.
type batchHost struct {
	e         *Engine
	spec      session.BatchSpec
	generator *pipeline.Prior
	store     *features.Store
	meter     *job.Meter
	known     map[bool]decode.Reference // norms of natural images, of the network and of its imagery variant
	imagery   *pipeline.Model
}

func (h *batchHost) Model(imagery bool) *pipeline.Model {
	m := h.e.Model()
	if !imagery {
		return m
	}
	if h.imagery == nil {
		h.imagery = m.Imagery()
	}
	return h.imagery
}

func (h *batchHost) Prior() *pipeline.Prior      { return h.generator }
func (h *batchHost) Backend() compute.Backend    { return h.e.Backend() }
func (h *batchHost) Computed() pipeline.Computed { return h.e.Computed() }

// Trials names the single trials of stimuli.
func (h *batchHost) Trials(ctx context.Context, s *session.Subject, chosen []session.Stimulus, roi string) ([]string, []int, error) {
	x, _, err := trials(ctx, s, chosen, Selection(roi))
	if err != nil {
		return nil, nil, err
	}
	of := make([]int, len(x.Labels))
	for i, l := range x.Labels {
		at := -1
		for k, st := range chosen {
			if l == st.Label || strings.HasSuffix(l, "-"+st.Label) {
				at = k
				break
			}
		}
		if at < 0 {
			return nil, nil, fmt.Errorf("trial %q of %s belongs to none of the chosen stimuli", l, s.Name)
		}
		of[i] = at
	}
	return x.Labels, of, nil
}

// Features decodes, computes or reads the features of some samples of a set.
func (h *batchHost) Features(ctx context.Context, set *batch.Set, from, to int, layers []string, take func(sample, layer int, values []float32) error, step func(stage string, done, total int)) ([]string, error) {
	m := h.Model(set.Imagery)
	switch h.spec.Source {
	case session.True:
		var paths []string
		for _, i := range set.Of[from:to] {
			paths = append(paths, set.Stimuli[i].Image)
		}
		return nil, m.Stream(ctx, h.e.Backend(), paths, layers, func(i int, f [][]float32) error {
			for l := range f {
				if err := take(i, l, f[l]); err != nil {
					return err
				}
			}
			return nil
		}, func(done, total int) { step("features of the stimuli", done, total) })
	case session.Stored:
		return nil, h.stored(m, set, from, to, layers, take)
	}
	meter := job.NewMeter(func(p job.Progress) { step(p.Stage, p.Done, p.Total) })
	return h.decode(ctx, m, set, from, to, layers, take, meter)
}

func (h *batchHost) stored(m *pipeline.Model, set *batch.Set, from, to int, layers []string, take func(sample, layer int, values []float32) error) (err error) {
	store := h.store
	if len(store.ROIs()) > 0 && set.ROI != "" {
		if store, err = store.Select(features.Set{ROI: set.ROI}); err != nil {
			return err
		}
	}
	for i := from; i < to; i++ {
		f, err := m.Stored(store, layers, set.Labels[i])
		if err != nil {
			return err
		}
		for l, v := range f {
			if err := take(i-from, l, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// decode decodes samples: with trained decoders layer by layer, for the sake of memory; with ridge on the way all
// layers together, as each needs the training stimuli to pass the network.
func (h *batchHost) decode(ctx context.Context, m *pipeline.Model, set *batch.Set, from, to int, layers []string, take func(sample, layer int, values []float32) error, meter *job.Meter) ([]string, error) {
	s := set.Subject
	root := h.spec.Decoders
	if set.Imagery && root != "" {
		root = h.spec.ImageryDecoders
	}
	chosen, samples := h.part(set, from, to)
	norm := NormOf(s, decode.Scripts2019, "")
	norm.Known = h.known[set.Imagery]
	var notes []string
	give := func(d *pipeline.Decoded, at int) error {
		for _, n := range d.Notes {
			if !slices.Contains(notes, n) {
				notes = append(notes, n)
			}
		}
		if !d.Corrected && !norm.Possible() && !slices.Contains(notes, noNorm) {
			notes = append(notes, noNorm)
		}
		for l := range d.Layers {
			for i, k := range samples {
				if k >= len(d.Values[l]) {
					return fmt.Errorf("%d samples were decoded from %s, want %d", len(d.Values[l]), set.ROI, len(samples))
				}
				if err := take(i, at+l, d.Values[l][k]); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if root != "" {
		for l, name := range layers {
			d, err := h.e.decodeTrained(ctx, m, s, chosen, Trained{Root: root, ROI: set.ROI, Layers: []string{name}, Norm: norm, Trials: h.spec.Trials}, meter)
			if err == nil {
				err = give(d, l)
			}
			if err != nil {
				return nil, err
			}
		}
		return notes, nil
	}
	var d *pipeline.Decoded
	var err error
	if f := figures(s); f != nil {
		if h.spec.Source == session.Shuffled {
			return nil, errors.New("batch: decoders of shuffled labels are not made of figure blocks: choose decoded features")
		}
		labels := make([]string, len(chosen))
		for i, st := range chosen {
			labels[i] = st.Label
		}
		d, err = h.e.DecodeFigures(ctx, f.File, labels, []string{set.ROI}, layers, 0, meter)
	} else {
		d, err = h.e.decodeStimuli(ctx, m, s, chosen, set.ROI, layers, norm, ways{h.spec.Trials, h.spec.Source == session.Shuffled}, meter)
	}
	if err != nil {
		return nil, err
	}
	return notes, give(d, 0)
}

// noNorm is said of decoded features that keep the spread that decoding gave them.
const noNorm = "No norm correction: there are no natural pictures beside the subject that its decoders have not seen."

// part gives the stimuli to decode for samples from … to−1, and where these stand in what is decoded. Trials of
// chosen stimuli come all together.
func (h *batchHost) part(set *batch.Set, from, to int) (chosen []session.Stimulus, samples []int) {
	if !h.spec.Trials {
		for i := from; i < to; i++ {
			chosen, samples = append(chosen, set.Stimuli[set.Of[i]]), append(samples, i-from)
		}
		return chosen, samples
	}
	wanted := map[int]bool{}
	for _, k := range set.Of[from:to] {
		wanted[k] = true
	}
	for k, st := range set.Stimuli {
		if wanted[k] {
			chosen = append(chosen, st)
		}
	}
	at := 0
	for i, k := range set.Of { // trials come in the order of the data, whichever stimuli are chosen
		if !wanted[k] {
			continue
		}
		if i >= from && i < to {
			samples = append(samples, at)
		}
		at++
	}
	return chosen, samples
}
