package subject

import (
	"fmt"
	"slices"
	"strings"

	"reverie/app/dataset/bdata"
	"reverie/app/session"
	"reverie/compute/brain"
)

// LabelKey is the key that names the stimulus of each sample in the lab's files.
const LabelKey = "stimulus_name"

// numbered are keys whose numbers stand for stimuli, the best first.
var numbered = []string{LabelKey, "image_index", "Label", "label", "stimulus_id", "category_index"}

// labels finds what names the stimuli: names in the file, a table opened with
// it, stimulus ids, or at least numbers.
func (o *opener) labels(f *bdata.File, d *session.Dataset) error {
	keys := f.Keys()
	for _, k := range append([]string{LabelKey}, f.LabelKeys()...) {
		if slices.Contains(keys, k) && f.LabelMap(k) != nil {
			d.LabelKey = k
			return nil
		}
	}
	for _, k := range numbered {
		if !slices.Contains(keys, k) {
			continue
		}
		for _, t := range o.tables {
			if err := f.UseTable(k, t); err == nil {
				d.LabelKey, d.Table = k, t.Path
				o.fine(d.File, "Stimuli are named by %s from %s.", k, base(t.Path))
				return nil
			}
		}
	}
	if slices.Contains(keys, "stimulus_id") {
		if v, err := f.Column("stimulus_id"); err == nil && slices.ContainsFunc(v, func(x float64) bool { return x > 1e6 }) {
			if err := f.UseStimulusNames("stimulus_id"); err != nil {
				return err
			}
			d.LabelKey, d.ByID = "stimulus_id", true
			o.fine(d.File, "Stimuli are named by stimulus_id: 1518878.005958 is n01518878_5958.")
			return nil
		}
	}
	for _, k := range numbered {
		if !slices.Contains(keys, k) {
			continue
		}
		if _, err := f.Column(k); err == nil {
			d.LabelKey = k
			o.warn(d.File, fmt.Sprintf("Stimuli have numbers (%s) and no names.", k), "Open the stimulus table (.csv or .tsv) together with it.")
			return nil
		}
	}
	o.warn(d.File, "Nothing names the stimuli of its samples; it has the keys "+list(keys, 8)+".", "Open the stimulus table (.csv or .tsv) together with it.")
	return nil
}

// dataTypes are the sessions of a file of Generic Object Decoding.
var dataTypes = []struct {
	number  int
	session brain.Session
}{{bdata.Training, brain.NaturalTraining}, {bdata.Perception, brain.NaturalTest}, {bdata.Imagery, brain.Imagery}}

// split gives the sessions of a file that holds several, told by DataType.
func split(f *bdata.File, d session.Dataset) ([]session.Dataset, error) {
	if !slices.ContainsFunc(f.Keys(), func(k string) bool { return strings.EqualFold(k, "DataType") }) {
		return []session.Dataset{d}, nil
	}
	kinds, err := column(f, "DataType")
	if err != nil {
		return nil, err
	}
	var runs []float64
	if d.Runs > 0 {
		if runs, err = f.Column("Run"); err != nil {
			return nil, err
		}
	}
	var out []session.Dataset
	for _, t := range dataTypes {
		part := d
		part.Session, part.DataType, part.Samples = t.session, t.number, 0
		seen := map[float64]bool{}
		for i, k := range kinds {
			if k == float64(t.number) {
				part.Samples++
				if runs != nil {
					seen[runs[i]] = true
				}
			}
		}
		part.Runs = len(seen)
		if part.Samples > 0 {
			out = append(out, part)
		}
	}
	if len(out) == 0 {
		return []session.Dataset{d}, nil
	}
	return out, nil
}

// column reads a column whose key may be spelt otherwise.
func column(f *bdata.File, key string) ([]float64, error) {
	for _, k := range f.Keys() {
		if strings.EqualFold(k, key) {
			return f.Column(k)
		}
	}
	return nil, fmt.Errorf("%s has no key %s", f.Path(), key)
}

// stimuli lists what was shown and finds the pictures.
func (o *opener) stimuli(f *bdata.File, d *session.Dataset) error {
	if d.LabelKey == "" {
		return nil
	}
	labels, err := f.Labels(d.LabelKey)
	if err != nil {
		return err
	}
	if d.DataType != 0 {
		kinds, err := column(f, "DataType")
		if err != nil {
			return err
		}
		for i, k := range kinds {
			if k != float64(d.DataType) {
				labels[i] = bdata.NotAvailable
			}
		}
	}
	if d.Repeated, err = f.Repetitions(options(nil, *d)); err != nil {
		return err
	}
	slices.Sort(labels)
	missing, unlabelled := 0, 0
	for _, l := range labels {
		if l == bdata.NotAvailable {
			unlabelled++
		}
	}
	for _, l := range slices.Compact(labels) {
		if l == bdata.NotAvailable {
			continue
		}
		path, ok := o.picture(l)
		if !ok {
			missing++
		}
		d.Stimuli = append(d.Stimuli, session.Stimulus{Label: l, Session: d.Session, Image: path})
	}
	what := fmt.Sprintf("%s in the session %s", count(len(d.Stimuli), "stimulus", "stimuli"), d.Session)
	switch {
	case missing > 0:
		o.warn(d.File, fmt.Sprintf("%s, %d of %d have no picture here.", what, missing, len(d.Stimuli)),
			"Put the pictures, named as the labels, in a folder “stimuli” beside the file, or open their folder too.")
	case len(d.Stimuli) > 0:
		o.fine(d.File, "%s, all with their picture.", what)
	}
	if n := unlabelled; d.DataType == 0 && n > 0 {
		o.fine(d.File, "%s without a label are left out.", count(n, "sample", "samples"))
	}
	if d.Repeated > 0 && d.Repeated < d.Samples/4 { // more is volumes, not blocks
		o.warn(d.File, fmt.Sprintf("%s repeat the stimulus just before them, as in a one-back task; they are kept.", count(d.Repeated, "sample", "samples")),
			"They can be left out: a switch in the Load panel, --drop-repetitions for commands.")
	}
	return nil
}
