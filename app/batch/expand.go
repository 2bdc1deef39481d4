package batch

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute"
	"reverie/compute/brain"
	"reverie/compute/recon"
)

// Host is what a batch computes with.
type Host interface {
	// Model is the network, or its imagery variant.
	Model(imagery bool) *pipeline.Model
	// Prior is the generator; nil where the batch takes none.
	Prior() *pipeline.Prior
	Backend() compute.Backend
	Computed() pipeline.Computed
	// Trials names the single trials of stimuli, in the order of Features, and the stimulus of each.
	Trials(ctx context.Context, s *session.Subject, stimuli []session.Stimulus, roi string) (labels []string, of []int, err error)
	// Features hands over the features of samples from … to−1 of a set, in any order; sample counts from from, and
	// values are valid during the call.
	Features(ctx context.Context, set *Set, from, to int, layers []string, take func(sample, layer int, values []float32) error, step func(stage string, done, total int)) (notes []string, err error)
}

// Set is what is decoded together: a session of a subject from a region.
type Set struct {
	Subject *session.Subject
	Name    string // of the subject, other than that of all others
	Session brain.Session
	ROI     string
	Imagery bool // by the imagery variant of the network
	Stimuli []session.Stimulus
	Labels  []string // of the samples: the stimuli's, or those of single trials
	Of      []int    // the stimulus of each sample
	Layers  []string // that some layer set has, in forward order
}

// voxels counts those of the region, where its name is the file's own; else it is 0.
func (s *Set) voxels() int {
	for _, d := range s.Subject.Datasets {
		for _, r := range d.ROIs {
			if d.Session == s.Session && r.Name == s.ROI {
				return r.Voxels
			}
		}
	}
	return 0
}

// part is a set reconstructed in one way, into one folder.
type part struct {
	set    int
	name   string // of the layer set
	layers []string
	prior  bool
	dir    string   // below the batch's folder, slashes between
	lab    string   // that of the lab's layout
	files  []string // the samples' names in files
}

// mostImages keeps a mistake in a specification from filling the memory.
const mostImages = 5_000_000

// expand makes the sets and parts of a specification.
func (j *Job) expand(ctx context.Context) error {
	sets, err := j.layerSets()
	if err != nil {
		return err
	}
	names := uniqueNames(j.Subjects)
	dirs := distinct{}
	images := 0
	for i, s := range j.Subjects {
		kinds, err := j.sessions(s)
		if err != nil {
			return err
		}
		for _, kind := range kinds {
			stimuli, err := j.stimuli(s, kind)
			if err != nil {
				return err
			}
			if len(stimuli) == 0 {
				continue
			}
			for _, roi := range j.rois() {
				if err := j.checkROI(s, kind, roi); err != nil {
					return err
				}
				set := &Set{Subject: s, Name: names[i], Session: kind, ROI: roi, Stimuli: stimuli,
					Imagery: kind == brain.Imagery && j.Spec.Source.FromBrain() && j.Spec.Pixels.Preset == recon.Paper}
				if set.Imagery && j.Spec.Decoders != "" && j.Spec.ImageryDecoders == "" {
					return errImageryDecoders
				}
				if err := j.samples(ctx, set); err != nil {
					return err
				}
				for _, l := range sets {
					set.Layers = append(set.Layers, l.layers...)
				}
				if set.Layers, err = j.Host.Model(false).Layers(set.Layers); err != nil {
					return err
				}
				j.sets = append(j.sets, set)
				for _, l := range sets {
					for _, prior := range j.priors(stimuli) {
						way := "pixels"
						if prior {
							way = "prior"
						}
						where := roi
						if !j.Spec.Source.FromBrain() && roi == "" {
							where = string(j.Spec.Source) + "-features"
						}
						p := part{set: len(j.sets) - 1, name: l.name, layers: l.layers, prior: prior,
							dir: dirs.of(path.Join(segment(set.Name), segment(where), segment(l.dir), way, segment(string(kind))))}
						p.lab = dirs.of(path.Join("lab", segment(string(kind))+"-"+way, segment(l.dir), segment(set.Name), segment(where)))
						files := distinct{}
						for _, label := range set.Labels {
							p.files = append(p.files, files.of(segment(label)))
						}
						j.parts = append(j.parts, p)
						if images += len(set.Labels); images > mostImages {
							return fmt.Errorf("batch: more than %d images: make several batches of it", mostImages)
						}
					}
				}
			}
		}
	}
	if images == 0 {
		return fmt.Errorf("batch: no image to reconstruct: none of the subjects has a chosen session with the chosen stimuli")
	}
	return nil
}

// errImageryDecoders tells why decoders do not serve imagery.
var errImageryDecoders = errors.New("batch: in preset paper imagery is decoded to features of the imagery variant, with decoders trained for it: name their folder too (--imagery-decoders), train ridge on the way, or take preset lab")

func (j *Job) rois() []string {
	if len(j.Spec.ROIs) == 0 || j.Spec.Source == session.True {
		return []string{""}
	}
	return j.Spec.ROIs
}

// sessions are the chosen ones of a subject.
func (j *Job) sessions(s *session.Subject) ([]brain.Session, error) {
	var has []string
	for _, d := range s.Datasets {
		has = append(has, string(d.Session))
	}
	for _, k := range j.Spec.Sessions {
		if !slices.Contains(has, string(k)) {
			return nil, fmt.Errorf("batch: subject %s has no session %s: it has %s", s.Name, k, strings.Join(has, ", "))
		}
	}
	switch {
	case len(j.Spec.Sessions) > 0:
		return j.Spec.Sessions, nil
	case slices.Contains(has, string(brain.NaturalTest)):
		return []brain.Session{brain.NaturalTest}, nil
	}
	var out []brain.Session
	for _, d := range s.Datasets {
		if d.Session != brain.NaturalTraining {
			out = append(out, d.Session)
		}
	}
	return out, nil
}

// stimuli are the chosen ones of a session; with labels, a session may have none of them as long as another has.
func (j *Job) stimuli(s *session.Subject, kind brain.Session) ([]session.Stimulus, error) {
	var out []session.Stimulus
	for _, d := range s.Datasets {
		if d.Session != kind {
			continue
		}
		for _, st := range d.Stimuli {
			if len(j.Spec.Labels) == 0 || slices.Contains(j.Spec.Labels, st.Label) {
				if j.Spec.Source == session.True && st.Image == "" {
					return nil, fmt.Errorf("batch: stimulus %q of %s has no picture, so no true features: choose decoded features or open the folder of the pictures", st.Label, s.Name)
				}
				out = append(out, st)
			}
		}
	}
	return out, nil
}

// missingLabels are chosen ones that no subject has in any chosen session.
func (j *Job) missingLabels() []string {
	var out []string
	for _, l := range j.Spec.Labels {
		if !slices.ContainsFunc(j.sets, func(s *Set) bool {
			return slices.ContainsFunc(s.Stimuli, func(st session.Stimulus) bool { return st.Label == l })
		}) {
			out = append(out, l)
		}
	}
	return out
}

var plainROI = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`)

// checkROI refuses a name that the subject does not have. Expressions are checked when they are read.
func (j *Job) checkROI(s *session.Subject, kind brain.Session, roi string) error {
	if !j.Spec.Source.FromBrain() || j.Spec.Decoders != "" || !plainROI.MatchString(roi) {
		return nil
	}
	for _, d := range s.Datasets {
		if d.Session != kind || len(d.ROIs) == 0 {
			continue
		}
		var has []string
		for _, r := range d.ROIs {
			has = append(has, r.Name)
		}
		if !slices.Contains(has, roi) {
			return fmt.Errorf("batch: subject %s has no region %s in %s: it has %s", s.Name, roi, kind, strings.Join(has, ", "))
		}
	}
	return nil
}

func (j *Job) samples(ctx context.Context, set *Set) error {
	if j.Spec.Trials {
		var err error
		set.Labels, set.Of, err = j.Host.Trials(ctx, set.Subject, set.Stimuli, set.ROI)
		return err
	}
	for i, st := range set.Stimuli {
		set.Labels, set.Of = append(set.Labels, st.Label), append(set.Of, i)
	}
	return nil
}

// priors are the ways for some stimuli: without the generator, with it, or both.
func (j *Job) priors(stimuli []session.Stimulus) []bool {
	switch j.Spec.Prior {
	case session.PriorOn:
		return []bool{true}
	case session.PriorBoth:
		return []bool{true, false}
	case session.PriorAuto:
		return []bool{j.Host.Prior() != nil && session.UsesPrior(stimuli)}
	}
	return []bool{false}
}
