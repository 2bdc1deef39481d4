package vm

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"reverie/app/batch"
	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/compute/recon"
)

// BatchForm is what the Batch panel asks, as it was typed.
type BatchForm struct {
	Network    string // ID of the network in use
	HasPrior   bool   // there is a generator for it
	Subjects   []BatchPerson
	Sessions   map[brain.Session]bool
	ROIs       map[string]bool
	Expression string // one more region
	Sets       map[string]bool
	Set        string // one more set of layers
	Prior      string // session.Prior…
	Source     session.Source
	Decoders   string // path of the first subject's trained decoders; "" trains on the way
	Store      string
	Trials     bool
	Preset     recon.Preset
	Iterations string
	Snapshots  string // none, log or every:10
	Ours, Lab  bool
	Memory     string // GiB
	Together   string // "" is chosen
	Out        string

	// Loaded is the specification of a folder that is gone on with; a change of the form drops it.
	Loaded *session.BatchSpec
}

// BatchPerson is a subject of a batch.
type BatchPerson struct {
	Subject *session.Subject
	Open    session.BatchSubject
}

// NewBatchForm asks for the paper's reconstruction from all layers.
func NewBatchForm() *BatchForm {
	return &BatchForm{Sessions: map[brain.Session]bool{}, ROIs: map[string]bool{}, Sets: map[string]bool{"DNN1-8": true}, Prior: session.PriorAuto,
		Source: session.Decoded, Preset: recon.Paper, Iterations: "200", Snapshots: "none", Ours: true, Memory: "8"}
}

// opening is how a subject is opened again.
func opening(s *session.Subject) session.BatchSubject {
	if len(s.Paths) == 0 {
		return session.BatchSubject{Demo: true}
	}
	return session.BatchSubject{Paths: s.Paths}
}

// SetSubject begins with one subject. Choices stay where the subject has them.
func (f *BatchForm) SetSubject(s *session.Subject) {
	f.Loaded = nil
	f.Subjects = []BatchPerson{{s, opening(s)}}
	f.Source, f.Decoders, f.Store = session.Decoded, "", ""
	f.keep()
}

// Add takes one more subject; it says why not.
func (f *BatchForm) Add(s *session.Subject) string {
	for _, p := range f.Subjects {
		if slices.Equal(p.Open.Paths, s.Paths) && len(s.Paths) > 0 {
			return s.Name + " is in the batch already."
		}
	}
	f.Loaded = nil
	f.Subjects = append(f.Subjects, BatchPerson{s, opening(s)})
	f.keep()
	return ""
}

// Remove takes a subject out, but never the last.
func (f *BatchForm) Remove(i int) {
	if len(f.Subjects) > 1 {
		f.Loaded = nil
		f.Subjects = slices.Delete(f.Subjects, i, i+1)
		f.keep()
	}
}

// Kinds are the sessions that all subjects have, but training.
func (f *BatchForm) Kinds() []session.Dataset {
	if len(f.Subjects) == 0 {
		return nil
	}
	var out []session.Dataset
	for _, d := range f.Subjects[0].Subject.Datasets {
		all := d.Session != brain.NaturalTraining && len(d.Stimuli) > 0
		for _, p := range f.Subjects[1:] {
			all = all && slices.ContainsFunc(p.Subject.Datasets, func(o session.Dataset) bool { return o.Session == d.Session })
		}
		if all {
			out = append(out, d)
		}
	}
	return out
}

// Regions are those that all subjects have.
func (f *BatchForm) Regions() []session.ROI {
	kinds := f.Kinds()
	if len(kinds) == 0 {
		return nil
	}
	var out []session.ROI
	for _, r := range kinds[0].ROIs {
		all := true
		for _, p := range f.Subjects[1:] {
			all = all && slices.ContainsFunc(p.Subject.Datasets, func(d session.Dataset) bool {
				return d.Session == kinds[0].Session && slices.ContainsFunc(d.ROIs, func(o session.ROI) bool { return o.Name == r.Name })
			})
		}
		if all {
			out = append(out, r)
		}
	}
	return out
}

func (f *BatchForm) keep() {
	kinds, rois := f.Kinds(), f.Regions()
	for k := range f.Sessions {
		if !slices.ContainsFunc(kinds, func(d session.Dataset) bool { return d.Session == k }) {
			delete(f.Sessions, k)
		}
	}
	if len(f.Sessions) == 0 && len(kinds) > 0 {
		f.Sessions[kinds[0].Session] = true
	}
	for n := range f.ROIs {
		if !slices.ContainsFunc(rois, func(r session.ROI) bool { return r.Name == n }) {
			delete(f.ROIs, n)
		}
	}
	if len(f.ROIs) == 0 && len(rois) > 0 {
		f.ROIs[preferred(rois)] = true
	}
}

func (f *BatchForm) rois() []string {
	if f.Source == session.True {
		return nil
	}
	var out []string
	for _, r := range f.Regions() {
		if f.ROIs[r.Name] {
			out = append(out, r.Name)
		}
	}
	if e := strings.Join(strings.Fields(f.Expression), " "); e != "" && !slices.Contains(out, e) {
		out = append(out, e)
	}
	return out
}

func (f *BatchForm) sets() []string {
	var out []string
	for _, s := range batch.AllLayerSets() {
		if f.Sets[s] {
			out = append(out, s)
		}
	}
	if e := strings.ReplaceAll(f.Set, " ", ""); e != "" && !slices.Contains(out, e) {
		out = append(out, e)
	}
	return out
}

// Count says how many images there will be, and how they come about: 6 regions × 3 layer sets × 2 ways × 50 images = 1,800.
func (f *BatchForm) Count() (total int, text string) {
	images, trialsOf := 0, ""
	for _, p := range f.Subjects {
		for _, d := range p.Subject.Datasets {
			if f.Sessions[d.Session] {
				images += len(d.Stimuli)
			}
		}
	}
	total = images
	if f.Prior == session.PriorBoth {
		total *= 2
	}
	rois, sets := len(f.rois()), len(f.sets())
	if f.Source == session.True {
		rois = 1
	}
	total *= rois * sets
	way := ""
	if f.Prior == session.PriorBoth {
		way = " × 2 ways"
	}
	if f.Trials {
		trialsOf = ", each trial by itself"
	}
	if f.Source == session.True {
		return total, fmt.Sprintf("%s%s × %s = %s images", Count(sets, "layer set"), way, Count(images, "stimulus"), Count(total, ""))
	}
	return total, fmt.Sprintf("%s × %s%s × %s = %s images%s", Count(rois, "region"), Count(sets, "layer set"), way, Count(images, "stimulus"), Count(total, ""), trialsOf)
}

// Spec is what the form asks for, or what is still lacking.
func (f *BatchForm) Spec() (s session.BatchSpec, lack string) {
	if f.Loaded != nil {
		if f.Network != "" && f.Loaded.Network != f.Network {
			return *f.Loaded, "The batch of this folder is for another network: choose " + f.Loaded.Network + " among the models."
		}
		return *f.Loaded, ""
	}
	s = session.BatchSpec{Version: batch.Version, Network: f.Network, Source: f.Source, Store: f.Store, ROIs: f.rois(), LayerSets: f.sets(), Prior: f.Prior,
		Trials: f.Trials && f.Source.FromBrain(), Snapshots: f.Snapshots}
	if f.Source == session.Decoded {
		s.Decoders = f.Decoders
	}
	for _, p := range f.Subjects {
		s.Subjects = append(s.Subjects, p.Open)
		s.DropRepetitions = s.DropRepetitions || p.Subject.DropRepetitions
	}
	for _, d := range f.Kinds() {
		if f.Sessions[d.Session] {
			s.Sessions = append(s.Sessions, d.Session)
		}
	}
	if f.Ours {
		s.Layouts = append(s.Layouts, session.LayoutOurs)
	}
	if f.Lab {
		s.Layouts = append(s.Layouts, session.LayoutLab)
	}
	switch {
	case len(f.Subjects) == 0:
		return s, "Open a subject first."
	case len(s.Sessions) == 0:
		return s, "Choose at least one session."
	case len(s.ROIs) == 0 && f.Source.FromBrain():
		return s, "Choose at least one region of the brain."
	case len(s.LayerSets) == 0:
		return s, "Choose at least one set of layers."
	case !f.HasPrior && (f.Prior == session.PriorOn || f.Prior == session.PriorBoth):
		return s, "There is no generator for this network: add one to the models, or reconstruct without."
	case len(s.Layouts) == 0:
		return s, "Choose how the results are kept."
	}
	if lack = f.numbers(&s); lack != "" {
		return s, lack
	}
	if f.Out == "" {
		return s, "Choose a folder for the results."
	}
	if err := batch.Check(s); err != nil {
		return s, sentence(strings.TrimPrefix(err.Error(), "batch: "))
	}
	return s, ""
}

// numbers reads what was typed.
func (f *BatchForm) numbers(s *session.BatchSpec) (lack string) {
	n, err := strconv.Atoi(strings.TrimSpace(f.Iterations))
	if err != nil || n < 1 || n > 100_000 {
		return "Iterations must be a number from 1 to 100,000."
	}
	gib, err := strconv.ParseFloat(strings.TrimSpace(f.Memory), 64)
	if err != nil || !(gib >= 0.25 && gib <= 1<<20) || math.IsNaN(gib) {
		return "The memory limit must be a number of GiB, 0.25 at the least."
	}
	s.Memory = int64(gib * (1 << 30))
	if t := strings.TrimSpace(f.Together); t != "" {
		if s.Batch, err = strconv.Atoi(t); err != nil || s.Batch < 1 || s.Batch > 4096 {
			return "Images together must be a number from 1 to 4,096, or empty to have it chosen."
		}
	}
	if s.Pixels, err = recon.DefaultsFor(f.Preset, false); err == nil {
		s.Latent, err = recon.DefaultsFor(f.Preset, true)
	}
	if err != nil {
		return sentence(err.Error())
	}
	s.Pixels.Iterations, s.Latent.Iterations = n, n
	return ""
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
