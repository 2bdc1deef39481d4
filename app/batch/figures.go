package batch

import (
	"fmt"
	"slices"

	"reverie/app/session"
	"reverie/compute/brain"
)

// Part is one of several batches that go together.
type Part struct {
	Name string // for people
	Dir  string // of its folder, below that of all
	Spec session.BatchSpec
}

// areas are the paper's single visual areas.
var areas = []string{"V1", "V2", "V3", "V4", "LOC", "FFA", "PPA", "HVC"}

// ForFigures are the batches that the paper's figures are drawn from, with the ceiling (true features) and the
// floor (decoders of shuffled labels) beside them. base says of whom and how; its sessions, areas, layer sets, prior
// and source are replaced. Notes tell what subjects lack.
func ForFigures(base session.BatchSpec, subjects []*session.Subject) (parts []Part, notes []string) {
	has := func(of brain.Session) bool {
		for _, s := range subjects {
			if !slices.ContainsFunc(s.Datasets, func(d session.Dataset) bool { return d.Session == of }) {
				return false
			}
		}
		return true
	}
	var here []string
	for _, a := range areas {
		if all(subjects, a) {
			here = append(here, a)
		} else {
			notes = append(notes, fmt.Sprintf("Not every subject has the area %s: it is left out.", a))
		}
	}
	sets := AllLayerSets()
	whole := sets[len(sets)-1]
	add := func(name, dir string, of brain.Session, rois, layers []string, prior string, source session.Source) {
		if !has(of) {
			notes = append(notes, fmt.Sprintf("Not every subject has a session %s: %s are left out.", of, name))
			return
		}
		s := base
		s.Sessions, s.ROIs, s.LayerSets, s.Prior, s.Source = []brain.Session{of}, rois, layers, prior, source
		if source == session.True {
			s.ROIs = nil
		}
		if source != session.Decoded {
			s.Decoders, s.ImageryDecoders = "", ""
		}
		parts = append(parts, Part{name, dir, s})
	}
	vc := []string{"VC"}
	add("natural images, with the generator and without (Fig. 2a–c)", "natural", brain.NaturalTest, vc, []string{whole}, session.PriorBoth, session.Decoded)
	add("shapes from VC and each area (Fig. 3a–d)", "shapes", brain.Shapes, append(slices.Clone(vc), here...), []string{whole}, session.PriorOff, session.Decoded)
	add("letters (Fig. 3e, f)", "letters", brain.Letters, vc, []string{whole}, session.PriorOff, session.Decoded)
	add("imagery (Fig. 4)", "imagery", brain.Imagery, vc, []string{whole}, session.PriorOff, session.Decoded)
	add("natural images by sets of layers (Fig. 2d, e)", "layers", brain.NaturalTest, vc, sets[:len(sets)-1], session.PriorOff, session.Decoded)
	for _, of := range []struct {
		session brain.Session
		name    string
		prior   string
	}{{brain.NaturalTest, "natural", session.PriorBoth}, {brain.Shapes, "shapes", session.PriorOff}} {
		add("the floor of "+of.name+": decoders of shuffled labels", "floor-"+of.name, of.session, vc, []string{whole}, of.prior, session.Shuffled)
		add("the ceiling of "+of.name+": true features", "ceiling-"+of.name, of.session, nil, []string{whole}, of.prior, session.True)
	}
	return parts, notes
}

// all tells whether every subject has a region of that name.
func all(subjects []*session.Subject, roi string) bool {
	for _, s := range subjects {
		if !slices.ContainsFunc(s.Datasets, func(d session.Dataset) bool {
			return slices.ContainsFunc(d.ROIs, func(r session.ROI) bool { return r.Name == roi })
		}) {
			return false
		}
	}
	return true
}
