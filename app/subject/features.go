package subject

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reverie/app/dataset/features"
	"reverie/app/session"
	"reverie/compute/brain"
)

// features opens a store of features: reconstructions can start from it.
func (o *opener) features(path string) {
	store, err := features.OpenGuarded(o.ctx, path)
	if err != nil {
		o.wrong(path, err)
		return
	}
	f := session.Feature{Name: filepath.Base(path), Path: path, Layout: string(store.Layout()), ROIs: store.ROIs(), Layers: store.Layers(), Labels: store.Labels()}
	for _, l := range f.Layers {
		n := 1
		for _, d := range store.Shape(l) {
			n *= d
		}
		f.Units = append(f.Units, n)
	}
	o.s.Stored = append(o.s.Stored, f)
	if madeFromSimulation(path) {
		o.s.Simulated = true
		o.fine(path, "Decoded by Reverie from a simulated subject.")
	}
	regions := ""
	if len(f.ROIs) > 0 {
		regions = ", decoded from " + list(f.ROIs, 6)
	}
	o.fine(path, "%s: %s of %s%s.", strings.ToUpper(f.Layout[:1])+f.Layout[1:], count(len(f.Layers), "layer", "layers"), count(len(f.Labels), "label", "labels"), regions)
	if gaps := store.Gaps(4); len(gaps) > 0 {
		var names []string
		for _, g := range gaps {
			names = append(names, fmt.Sprintf("%s of %q", g.Layer, g.Label))
		}
		o.warn(path, "Samples are missing, among them "+list(names, 3)+".", "Reconstruct from labels and layers that are there, or complete the folder.")
	}
	if n := len(store.Subjects()); n > 1 {
		o.warn(path, fmt.Sprintf("It holds features of %d subjects: %s.", n, list(store.Subjects(), 6)), "Open the folder of one subject.")
	}
	d := session.Dataset{Session: brain.Session("Features: " + f.Name), Store: path}
	for _, l := range f.Labels {
		image, _ := o.picture(stimulusOf(l))
		d.Stimuli = append(d.Stimuli, session.Stimulus{Label: l, Session: d.Session, Image: image})
	}
	for _, r := range f.ROIs {
		d.ROIs = append(d.ROIs, session.ROI{Name: r})
	}
	with := 0
	for _, s := range d.Stimuli {
		if s.Image != "" {
			with++
		}
	}
	if with == 0 {
		o.fine(path, "None of its labels has a picture here; reconstructions stand alone.")
	} else {
		o.fine(path, "%d of %s have their picture.", with, count(len(f.Labels), "label", "labels"))
	}
	if o.s.Dir == "" {
		o.s.Dir = filepath.Dir(path)
		if s := store.Subjects(); len(s) == 1 {
			o.s.Name = s[0]
		}
	}
	if slices.ContainsFunc(o.s.Datasets, func(x session.Dataset) bool { return x.Session == d.Session }) {
		d.Session += brain.Session(" in " + filepath.Base(filepath.Dir(path)))
		for i := range d.Stimuli {
			d.Stimuli[i].Session = d.Session
		}
	}
	o.s.Datasets = append(o.s.Datasets, d)
}

// RecordFile is what reverie decode leaves beside decoded features.
const RecordFile = "decode.json"

// madeFromSimulation tells whether a record beside decoded features, of all or
// of a fold, says that no person was scanned.
func madeFromSimulation(dir string) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		if e.Name() != RecordFile && !strings.HasSuffix(e.Name(), "-"+RecordFile) {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		var record struct {
			Simulated bool `json:"simulated"`
		}
		if err == nil && json.Unmarshal(raw, &record) == nil && record.Simulated {
			return true
		}
	}
	return false
}

// stimulusOf is the stimulus that a label of features stands for: its own, or that of its trial.
func stimulusOf(label string) string {
	if _, name, ok := features.Trial(label); ok {
		return name
	}
	return label
}
