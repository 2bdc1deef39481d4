package engine

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"reverie/app/batch"
	"reverie/app/dataset/features"
	"reverie/app/intake"
	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute"
	"reverie/compute/decode"
)

// EstimateBatch tells what a batch will take (session.Batcher).
func (e *Engine) EstimateBatch(ctx context.Context, spec session.BatchSpec, out string, report job.Reporter) (session.BatchEstimate, error) {
	var x session.BatchEstimate
	err := e.withBatch(ctx, spec, out, report, func(j *batch.Job) (err error) {
		x, err = j.Estimate(ctx, report)
		return err
	})
	return x, err
}

// RunBatch reconstructs what is missing of a batch (session.Batcher).
func (e *Engine) RunBatch(ctx context.Context, spec session.BatchSpec, out string, overwrite bool, gate *job.Gate, update func(session.BatchUpdate), report job.Reporter) error {
	return e.withBatch(ctx, spec, out, report, func(j *batch.Job) error { return j.Run(ctx, overwrite, gate, update, report) })
}

// withBatch opens what a batch names and keeps the device for it.
func (e *Engine) withBatch(ctx context.Context, spec session.BatchSpec, out string, report job.Reporter, do func(*batch.Job) error) error {
	if err := e.wait(ctx); err != nil {
		return err
	}
	if err := batch.Check(spec); err != nil {
		return err
	}
	id := e.Model().ID()
	if spec.Network == "" {
		spec.Network = id
	}
	if spec.Network != id {
		return fmt.Errorf("batch: it is for the network %s, %s is in use: choose that first", spec.Network, id)
	}
	subjects, err := e.batchSubjects(ctx, spec, report)
	if err != nil {
		return err
	}
	e.one.Lock()
	defer e.one.Unlock()
	e.run.RLock()
	defer e.run.RUnlock()
	h := &batchHost{e: e, spec: spec, meter: job.NewMeter(report), known: map[bool]decode.Reference{false: {}, true: {}}}
	if h.generator, err = e.batchPrior(ctx, spec, h.meter); err != nil {
		return err
	}
	if spec.Source == session.Stored {
		if h.store, err = features.OpenGuarded(ctx, spec.Store); err != nil {
			return err
		}
	}
	j, err := batch.New(ctx, spec, subjects, h, out)
	if err != nil {
		return err
	}
	return do(j)
}

// batchSubjects opens the subjects of a batch. Paths that go together may hold several persons' files.
func (e *Engine) batchSubjects(ctx context.Context, spec session.BatchSpec, report job.Reporter) ([]*session.Subject, error) {
	var out []*session.Subject
	for _, b := range spec.Subjects {
		if b.Demo {
			s, err := e.Demo(ctx, report)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
			continue
		}
		s, err := e.OpenSubjects(ctx, b.Paths, report)
		if err != nil {
			return nil, fmt.Errorf("subject %s: %w", strings.Join(b.Paths, ", "), err)
		}
		out = append(out, s...)
	}
	for _, s := range out {
		s.DropRepetitions = spec.DropRepetitions
	}
	return out, nil
}

// batchPrior is the generator that a batch asks for; nil where it takes none, or takes one only where there is one.
func (e *Engine) batchPrior(ctx context.Context, spec session.BatchSpec, meter *job.Meter) (*pipeline.Prior, error) {
	id := spec.Generator
	if spec.Prior == session.PriorOff {
		return nil, nil
	}
	if id == "" {
		list := e.Priors()
		if len(list) == 0 {
			return nil, nil
		}
		id = list[0].ID
	}
	return e.prior(ctx, id, spec.Bounds, meter)
}

// BatchSubjects groups paths by what is opened together: each folder with a subject's data is a subject of its own,
// files of subjects go together and are told apart by their names. Paths without such data, as pictures, go with each.
func BatchSubjects(ctx context.Context, paths []string) ([]session.BatchSubject, error) {
	var folders [][]string
	var files, shared []string
	for _, p := range paths {
		items, err := intake.Sort(ctx, []string{p}, func(string, int) {})
		if err != nil {
			return nil, err
		}
		holds := false
		for _, i := range items {
			holds = holds || i.Kind == intake.Subject || i.Kind == intake.Figures
		}
		st, err := os.Stat(p)
		switch {
		case err != nil:
			return nil, err
		case !holds:
			shared = append(shared, p)
		case st.IsDir():
			folders = append(folders, []string{p})
		default:
			files = append(files, p)
		}
	}
	if len(files) > 0 {
		folders = append(folders, files)
	}
	if len(folders) == 0 && len(shared) > 0 { // pictures alone: reconstructed from their own features
		folders, shared = [][]string{shared}, nil
	}
	var out []session.BatchSubject
	for _, f := range folders {
		out = append(out, session.BatchSubject{Paths: append(f, shared...)})
	}
	return out, nil
}

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
		labels := make([]string, len(chosen))
		for i, st := range chosen {
			labels[i] = st.Label
		}
		d, err = h.e.DecodeFigures(ctx, f.File, labels, []string{set.ROI}, layers, 0, meter)
	} else {
		d, err = h.e.decodeStimuli(ctx, m, s, chosen, set.ROI, layers, norm, h.spec.Trials, meter)
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
