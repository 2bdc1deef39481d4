package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"reverie/app/dataset/decoders"
	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/app/subject"
	"reverie/compute/brain"
	"reverie/compute/decode"
)

// Trained says how to decode with trained decoders.
type Trained struct {
	Root   string   // folder of decoders, ours or the lab's
	ROI    string   // of the decoders; the samples' voxels are chosen by the same, or as the decoders say
	Layers []string // of the network
	Trials bool     // every trial by itself, rather than their mean for each stimulus
	Norm   pipeline.Norm
}

// Folds lists the folds of cross-validation that the decoders below a root have
// for an ROI, and whether there are others, trained on all samples.
func Folds(ctx context.Context, root, roi string) (folds []string, whole bool, err error) {
	dirs, err := decoders.Scan(root)
	if err != nil {
		return nil, false, err
	}
	for _, dir := range dirs {
		f, err := decoders.Open(ctx, dir)
		if err != nil {
			return nil, false, err
		}
		a := f.About()
		switch {
		case roi != "" && a.ROI != roi:
		case a.Fold == "":
			whole = true
		case !slices.Contains(folds, a.Fold):
			folds = append(folds, a.Fold)
		}
	}
	// cv-fold2 before cv-fold10.
	slices.SortFunc(folds, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	return folds, whole, nil
}

// DecodeTrained decodes stimuli, which may come from several sessions, with
// trained decoders. The result keeps their order; with Trials each has as many
// samples as trials.
func (e *Engine) DecodeTrained(ctx context.Context, s *session.Subject, chosen []session.Stimulus, t Trained, meter *job.Meter) (*pipeline.Decoded, error) {
	return e.decodeTrained(ctx, e.Model(), s, chosen, t, meter)
}

func (e *Engine) decodeTrained(ctx context.Context, m *pipeline.Model, s *session.Subject, chosen []session.Stimulus, t Trained, meter *job.Meter) (*pipeline.Decoded, error) {
	found, err := decoders.Find(ctx, t.Root, t.Layers, s.Name, t.ROI, "")
	if err != nil {
		return nil, err
	}
	selection := selected(found[0], t.ROI)
	meter.Step("read samples", 0, 0)
	var x brain.Samples
	var notes []string
	if t.Trials {
		x, notes, err = trials(ctx, s, chosen, selection)
	} else {
		x, err = testSamples(ctx, s, chosen, selection)
	}
	if err != nil {
		return nil, err
	}
	return e.apply(ctx, m, s, found, x, t, notes, meter)
}

// DecodeFold decodes what one fold of cross-validation held out, averaged over
// the trials of each stimulus or, with Trials, one by one.
func (e *Engine) DecodeFold(ctx context.Context, s *session.Subject, fold string, t Trained, meter *job.Meter) (*pipeline.Decoded, error) {
	found, err := decoders.Find(ctx, t.Root, t.Layers, s.Name, t.ROI, fold)
	if err != nil {
		return nil, err
	}
	ours, ok := found[0].(*decoders.Store)
	if !ok {
		return nil, fmt.Errorf("%s, of the lab's, does not say which samples its fold held out: train with --cv here, or decode a session with decoders of all samples", found[0].Path())
	}
	d := dataset(s, brain.Session(ours.Training.Session))
	if d == nil {
		return nil, fmt.Errorf("subject %s has no session %q, which %s was trained on", s.Name, ours.Training.Session, ours.Path())
	}
	rows, err := subject.Training(ctx, s, *d, selected(found[0], t.ROI), ours.Training.Key)
	if err != nil {
		return nil, err
	}
	var at []int
	for i, v := range rows.Keys[ours.Training.Key] {
		if slices.Contains(ours.Training.Held, int(v)) {
			at = append(at, i)
		}
	}
	x := rows.Samples.Subset(at)
	switch {
	case t.Trials || d.Session == subject.FigureImages:
		for i, j := range at {
			x.Labels[i] = rows.Names[j]
		}
	default:
		x = x.Average()
	}
	out, err := e.apply(ctx, e.Model(), s, found, x, t, noticed(rows), meter)
	if err != nil {
		return nil, err
	}
	out.FixedBlocks = rows.Fixed
	return out, nil
}

func noticed(r *subject.Rows) (out []string) {
	for _, n := range r.Notices {
		out = append(out, n.String())
	}
	return out
}

// selected is the expression that chose the decoders' voxels.
func selected(f decoders.Folder, roi string) string {
	if s, ok := f.(*decoders.Store); ok && s.Training.Selected != "" {
		return s.Training.Selected
	}
	if roi == "" {
		roi = f.About().ROI
	}
	return Selection(roi)
}

// trials are all single trials of stimuli.
func trials(ctx context.Context, s *session.Subject, chosen []session.Stimulus, selection string) (brain.Samples, []string, error) {
	var out brain.Samples
	var notes []string
	for i := range s.Datasets {
		d := &s.Datasets[i]
		var labels []string
		for _, st := range chosen {
			if st.Session == d.Session {
				labels = append(labels, st.Label)
			}
		}
		if len(labels) == 0 {
			continue
		}
		rows, err := subject.Training(ctx, s, *d, selection)
		if err != nil {
			return out, nil, err
		}
		notes = append(notes, noticed(rows)...)
		out.Voxels = rows.Samples.Voxels
		for i, name := range rows.Names {
			if l := rows.Samples.Labels[i]; slices.Contains(labels, l) || slices.Contains(labels, name) {
				out.Labels, out.X = append(out.Labels, name), append(out.X, rows.Samples.Row(i)...)
			}
		}
	}
	if out.Len() == 0 {
		return out, nil, errors.New("none of the chosen stimuli has a trial")
	}
	return out, notes, nil
}

// apply decodes samples layer by layer and scales the result.
func (e *Engine) apply(ctx context.Context, m *pipeline.Model, s *session.Subject, found []decoders.Folder, x brain.Samples, t Trained, notes []string, meter *job.Meter) (*pipeline.Decoded, error) {
	out := &pipeline.Decoded{Layers: t.Layers, Labels: x.Labels, Notes: notes, ROI: found[0].About().ROI}
	var means map[string][]float32
	if t.Norm.Scaling.NeedsTrainMean() {
		means = map[string][]float32{}
	}
	for l, f := range found {
		a, name := f.About(), t.Layers[l]
		if want := m.Shape(name).Len(); a.Units() != want {
			return nil, fmt.Errorf("%s has %d units of %s, %s has %d: were the decoders trained for another network?", f.Path(), a.Units(), name, m.Net.Name, want)
		}
		if s, ok := f.(*decoders.Store); ok && s.Training.Absolute {
			return nil, fmt.Errorf("%s was trained on absolute values: what it decodes is no feature to reconstruct from", f.Path())
		}
		v, mean, err := decoders.Predict(ctx, f, x, func(done, total int) { meter.Step("decode "+name, done, total) })
		if err != nil {
			return nil, err
		}
		out.Values = append(out.Values, v)
		if means != nil {
			if mean == nil {
				return nil, fmt.Errorf("%s has no training means (y_mean), which %s needs", f.Path(), t.Norm.Scaling)
			}
			means[name] = mean
		}
		if l == 0 {
			out.Notes = append(out.Notes, "Decoders: "+a.Method+".")
			if a.Subject != "" && a.Subject != s.Name {
				out.Notes = append(out.Notes, fmt.Sprintf("The decoders are of %s, the samples of %s.", a.Subject, s.Name))
			}
			if o, ok := f.(*decoders.Store); ok && !strings.HasPrefix(o.Training.Features, m.Net.Name+":") {
				out.Notes = append(out.Notes, fmt.Sprintf("The decoders learnt features of %s; the network in use is %s.", o.Training.Features, m.Net.Name))
			}
		}
		for _, n := range a.Notes {
			out.Notes = append(out.Notes, name+": "+n)
		}
	}
	return out, m.Scale(ctx, e.Backend(), out, t.Norm, means, func(done, total int) { meter.Step("norms of natural images", done, total) })
}

// NormOf is the norm correction that a subject's pictures allow.
func NormOf(s *session.Subject, k decode.Scaling, statistics string) pipeline.Norm {
	return pipeline.Norm{Scaling: k, Natural: natural(s), Statistics: statistics, Known: decode.Reference{}}
}
