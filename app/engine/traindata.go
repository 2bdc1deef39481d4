package engine

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"

	"reverie/app/dataset/features"
	"reverie/app/session"
	"reverie/app/subject"
	"reverie/app/train"
	"reverie/compute/brain"
)

// learnt sets the layers and the source of features, and gives what tells the stimuli that have some.
func (e *Engine) learnt(ctx context.Context, subjects []*session.Subject, plan session.TrainPlan, t *training) (has func(kind brain.Session, label string) bool, err error) {
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
		return func(_ brain.Session, l string) bool { return slices.Contains(labels, l) }, nil
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
	pictures, other, err := picturesOf(subjects, plan.Session)
	if err != nil {
		return nil, err
	}
	if n := len(other); n > 0 {
		t.notes = append(t.notes, fmt.Sprintf("%d stimuli of other sessions are named as stimuli with other pictures: accuracy is measured without them.", n))
	}
	t.Source = train.FromNetwork(m, e.Backend(), pictures)
	return func(kind brain.Session, l string) bool { return pictures[l] != "" && !other[named{kind, l}] }, nil
}

// named is a stimulus of a session.
type named struct {
	session brain.Session
	label   string
}

// picturesOf gives the stimuli's pictures by label, those of training first.
// Stimuli of other sessions whose label belongs to another picture already are
// in other: names that are numbers may count anew in each session.
func picturesOf(subjects []*session.Subject, kind brain.Session) (pictures map[string]string, other map[named]bool, err error) {
	pictures, other = map[string]string{}, map[named]bool{}
	owner := map[string]string{}
	for _, training := range []bool{true, false} {
		for _, s := range subjects {
			of := trainingSession(s, kind)
			for i := range s.Datasets {
				d := &s.Datasets[i]
				if (d == of) != training {
					continue
				}
				for _, st := range d.Stimuli {
					label := st.Label
					if name := figureOf(st); name != "" {
						label = name
					}
					had := pictures[label]
					if st.Image == "" || had == st.Image {
						continue
					}
					if had == "" {
						pictures[label], owner[label] = st.Image, s.Name
						continue
					}
					same, err := samePicture(had, st.Image)
					switch {
					case err != nil:
						return nil, nil, err
					case same:
					case training:
						return nil, nil, fmt.Errorf("train: stimulus %q has one picture for %s (%s) and another for %s (%s): train these subjects one at a time, into the same folder", label, owner[label], had, s.Name, st.Image)
					default:
						other[named{d.Session, label}] = true
					}
				}
			}
		}
	}
	return pictures, other, nil
}

// samePicture compares two files byte by byte.
func samePicture(a, b string) (bool, error) {
	x, err := os.Stat(a)
	if err != nil {
		return false, err
	}
	y, err := os.Stat(b)
	if err != nil || x.Size() != y.Size() {
		return false, err
	}
	p, err := os.ReadFile(a)
	if err != nil {
		return false, err
	}
	q, err := os.ReadFile(b)
	return bytes.Equal(p, q), err
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
func (e *Engine) data(ctx context.Context, s *session.Subject, d *session.Dataset, plan session.TrainPlan, t *training, has func(brain.Session, string) bool) error {
	rois := distinct(plan.ROIs)
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
		if !has(d.Session, name) {
			return fmt.Errorf("train: stimulus %q has neither picture nor stored features: open the folder that holds them", name)
		}
		stimuli[name] = true
	}
	for i, roi := range rois {
		r := &reader{s: s, d: d, selection: selections[i], has: has, kept: &t.kept}
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
			t.sizes = append(t.sizes, train.Size{Samples: len(f.Train), Stimuli: r.stimuli(f), Voxels: size.Voxels})
		}
	}
	return nil
}

// distinct leaves out what was said before.
func distinct(names []string) (out []string) {
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
