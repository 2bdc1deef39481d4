package engine

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"reverie/app/session"
	"reverie/app/subject"
	"reverie/app/train"
	"reverie/compute/brain"
	"reverie/compute/decode"
	"reverie/compute/eval"
)

// reader reads the samples of one ROI.
type reader struct {
	s         *session.Subject
	d         *session.Dataset
	selection string
	has       func(kind brain.Session, label string) bool

	kept   *kept
	keys   []string // of cross-validation
	labels []string // of the samples, once folds were made
}

// kept are the rows read last, for the folds that share them. One ROI's are
// kept at a time: all would be more than memory allows.
type kept struct {
	mu   sync.Mutex
	of   *reader
	rows *subject.Rows
}

func (r *reader) read(ctx context.Context) (*subject.Rows, error) {
	r.kept.mu.Lock()
	defer r.kept.mu.Unlock()
	if r.kept.of == r {
		return r.kept.rows, nil
	}
	r.kept.of, r.kept.rows = nil, nil
	rows, err := subject.Training(ctx, r.s, *r.d, r.selection, r.keys...)
	if err != nil {
		return nil, err
	}
	if len(r.keys) > 0 { // without folds the job keeps them as long as memory allows
		r.kept.of, r.kept.rows = r, rows
	}
	return rows, nil
}

// stimuli counts those of a fold's training samples.
func (r *reader) stimuli(f decode.Fold) int {
	seen := map[string]bool{}
	for _, i := range f.Train {
		seen[r.labels[i]] = true
	}
	return len(seen)
}

// whole reads all training samples, and as tests every other session whose stimuli have features.
func (r *reader) whole(ctx context.Context) (*train.Samples, error) {
	rows, err := r.read(ctx)
	if err != nil {
		return nil, err
	}
	out := &train.Samples{Train: rows.Samples, XYZ: rows.XYZ}
	for _, d := range r.s.Datasets {
		if d.Session == r.d.Session || len(d.Files) == 0 {
			continue
		}
		x, _, err := subject.Samples(ctx, r.s, d, r.selection)
		if err != nil {
			return nil, err
		}
		if x.Voxels != rows.Samples.Voxels {
			return nil, fmt.Errorf("session %s has %d voxels in %s, %s has %d: are the files of one subject?", d.Session, x.Voxels, r.selection, r.d.Session, rows.Samples.Voxels)
		}
		out.Tests = append(out.Tests, r.tests(d, x.Average())...)
	}
	return out, nil
}

// tests are the averaged samples of a session. Imagery is of natural images and
// of shapes, which the paper reports apart (Supplementary Fig. 1).
func (r *reader) tests(d session.Dataset, x brain.Samples) []train.Test {
	parts := []struct {
		name string
		keep func(label string) bool
	}{{condition(d.Session), func(l string) bool { return r.has(d.Session, l) }}}
	if shapes := dataset(r.s, brain.Shapes); d.Session == brain.Imagery && shapes != nil {
		shape := func(l string) bool {
			return slices.ContainsFunc(shapes.Stimuli, func(s session.Stimulus) bool { return s.Label == l })
		}
		parts[0].keep = func(l string) bool { return r.has(d.Session, l) && !shape(l) }
		parts = append(parts, parts[0])
		parts[1].name, parts[1].keep = string(eval.ImaginedShapes), func(l string) bool { return r.has(d.Session, l) && shape(l) }
	}
	var out []train.Test
	for _, p := range parts {
		var at []int
		for i, l := range x.Labels {
			if p.keep(l) {
				at = append(at, i)
			}
		}
		if len(at) > 1 {
			out = append(out, train.Test{Condition: p.name, Samples: x.Subset(at)})
		}
	}
	return out
}

// condition names what a session's stimuli are in Supplementary Fig. 1.
func condition(s brain.Session) string {
	switch s {
	case brain.NaturalTest:
		return string(eval.SeenNatural)
	case brain.Shapes:
		return string(eval.SeenShapes)
	case brain.Letters:
		return string(eval.SeenLetters)
	case brain.Imagery:
		return string(eval.ImaginedNatural)
	}
	return string(s)
}

// folds splits the training samples by the values of a key.
func (r *reader) folds(ctx context.Context, key, exclusive string) ([]decode.Fold, error) {
	r.keys = []string{key}
	if exclusive != "" {
		r.keys = append(r.keys, exclusive)
	}
	rows, err := r.read(ctx)
	if err != nil {
		return nil, err
	}
	r.labels = rows.Samples.Labels
	values := make([]int, len(rows.Keys[key]))
	for i, v := range rows.Keys[key] {
		if v != math.Trunc(v) || math.Abs(v) > 1<<40 {
			return nil, fmt.Errorf("cross-validation by %s: sample %d has the value %g, want whole numbers", key, i, v)
		}
		values[i] = int(v)
	}
	folds, err := decode.GroupFolds(values)
	if err != nil {
		return nil, fmt.Errorf("cross-validation by %s: %w", key, err)
	}
	if exclusive != "" {
		folds, err = decode.Exclude(folds, rows.Keys[exclusive])
	}
	return folds, err
}

func (r *reader) fold(ctx context.Context, f decode.Fold) (*train.Samples, error) {
	rows, err := r.read(ctx)
	if err != nil {
		return nil, err
	}
	out := &train.Samples{Train: rows.Samples.Subset(f.Train), XYZ: rows.XYZ}
	if x := rows.Samples.Subset(f.Test).Average(); x.Len() > 1 {
		out.Tests = []train.Test{{Condition: "held out", Samples: x}}
	}
	return out, nil
}
