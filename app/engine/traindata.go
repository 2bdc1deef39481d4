package engine

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"reverie/app/dataset/features"
	"reverie/app/session"
	"reverie/app/subject"
	"reverie/app/train"
	"reverie/compute/brain"
	"reverie/compute/decode"
	"reverie/compute/eval"
)

// learnt sets the layers and the source of features, and gives what tells the stimuli that have some.
func (e *Engine) learnt(ctx context.Context, subjects []*session.Subject, plan session.TrainPlan, t *training) (has func(label string) bool, err error) {
	if plan.Store != "" {
		store, err := features.OpenGuarded(ctx, plan.Store)
		if err != nil {
			return nil, err
		}
		if len(store.ROIs()) > 0 {
			return nil, fmt.Errorf("%s holds decoded features (%s): decoders learn true features of the stimuli", plan.Store, store.Layout())
		}
		layers := plan.Layers
		if len(layers) == 0 {
			layers = store.Layers()
		}
		for _, l := range layers {
			if store.Shape(l) == nil {
				return nil, fmt.Errorf("%s has no features of layer %q: it has %v", plan.Store, l, store.Layers())
			}
			t.Layers = append(t.Layers, train.Layer{Name: l, Shape: store.Shape(l)})
		}
		t.Source = train.FromStore(store)
		labels := store.Labels()
		return func(l string) bool { return slices.Contains(labels, l) }, nil
	}
	m := e.Model()
	layers, err := m.Layers(plan.Layers)
	if err != nil {
		return nil, err
	}
	for _, l := range layers {
		shape := m.Shape(l)
		t.Layers = append(t.Layers, train.Layer{Name: l, Shape: []int{shape.C, shape.H, shape.W}})
		if shape.H*shape.W == 1 {
			t.Layers[len(t.Layers)-1].Shape = []int{shape.C}
		}
	}
	pictures := map[string]string{}
	for _, s := range subjects {
		for _, d := range s.Datasets {
			for _, st := range d.Stimuli {
				if st.Image == "" {
					continue
				}
				pictures[st.Label] = st.Image
				if name := figureOf(st); name != "" {
					pictures[name] = st.Image
				}
			}
		}
	}
	t.Source = train.FromNetwork(m, e.Backend(), pictures)
	return func(l string) bool { return pictures[l] != "" }, nil
}

// figureOf is the figure that a block showed (subject.BlockLabel), "" for other
// stimuli; blocks of one figure share its features.
func figureOf(st session.Stimulus) (name string) {
	var run, block int
	if st.Session == subject.FigureImages {
		if n, _ := fmt.Sscanf(st.Label, "run%d-block%d-%s", &run, &block, &name); n != 3 {
			return ""
		}
	}
	return name
}

// data lists the ROIs, or their folds, with how to read them.
func (e *Engine) data(ctx context.Context, s *session.Subject, d *session.Dataset, plan session.TrainPlan, t *training, has func(string) bool) error {
	rois := plan.ROIs
	if len(rois) == 0 {
		rois = []string{"VC"}
		if d.Session == subject.FigureImages {
			rois = []string{subject.AllVoxels}
		}
	}
	selections := make([]string, len(rois))
	for i, r := range rois {
		if selections[i] = Selection(r); d.Session == subject.FigureImages {
			selections[i] = r
		}
	}
	voxels, err := subject.Voxels(ctx, *d, selections)
	if err != nil {
		return err
	}
	stimuli := map[string]bool{}
	for _, st := range d.Stimuli {
		name := st.Label
		if figure := figureOf(st); figure != "" {
			name = figure
		}
		if !has(name) {
			return fmt.Errorf("train: stimulus %q has neither picture nor stored features: open the folder that holds them", name)
		}
		stimuli[name] = true
	}
	for i, roi := range rois {
		r := &reader{s: s, d: d, selection: selections[i], has: has}
		size := train.Size{Samples: d.Samples, Stimuli: len(stimuli), Voxels: voxels[i]}
		one := train.Data{Subject: s.Name, ROI: roi, Session: string(d.Session), Selected: selections[i], Load: r.whole}
		if plan.CV == "" {
			t.Data, t.sizes = append(t.Data, one), append(t.sizes, size)
			continue
		}
		folds, err := r.folds(ctx, plan.CV, plan.Exclusive)
		if err != nil {
			return err
		}
		for _, f := range folds {
			one.Key, one.Held = plan.CV, f.Values
			one.Fold, one.Load = f.Name, func(ctx context.Context) (*train.Samples, error) { return r.fold(ctx, f) }
			t.Data = append(t.Data, one)
			t.sizes = append(t.sizes, train.Size{Samples: len(f.Train), Stimuli: size.Stimuli, Voxels: size.Voxels})
		}
	}
	return nil
}

// reader reads the samples of one ROI.
type reader struct {
	s         *session.Subject
	d         *session.Dataset
	selection string
	has       func(label string) bool

	mu   sync.Mutex
	rows *subject.Rows // kept between folds
	keys []string
}

func (r *reader) read(ctx context.Context) (*subject.Rows, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rows == nil || len(r.keys) == 0 {
		rows, err := subject.Training(ctx, r.s, *r.d, r.selection, r.keys...)
		if err != nil {
			return nil, err
		}
		r.rows = rows
	}
	rows := r.rows
	if len(r.keys) == 0 {
		r.rows = nil // the job keeps it as long as memory allows
	}
	return rows, nil
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
	}{{condition(d.Session), r.has}}
	if shapes := dataset(r.s, brain.Shapes); d.Session == brain.Imagery && shapes != nil {
		shape := func(l string) bool {
			return slices.ContainsFunc(shapes.Stimuli, func(s session.Stimulus) bool { return s.Label == l })
		}
		parts[0].keep = func(l string) bool { return r.has(l) && !shape(l) }
		parts = append(parts, parts[0])
		parts[1].name, parts[1].keep = string(eval.ImaginedShapes), func(l string) bool { return r.has(l) && shape(l) }
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
