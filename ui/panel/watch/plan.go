package watch

import (
	"slices"
	"strconv"
	"strings"

	"reverie/app/session"
	"reverie/compute/recon"
	"reverie/ui/vm"
)

// plan is what the controls say, or what is still lacking.
func (c *controls) plan() (p session.Plan, lack string) {
	p = session.Plan{Stimuli: c.selection.Picked(), ROI: c.chosenROI(), Layers: c.layers.Chosen(), Source: session.Decoded}
	switch c.source.Selected {
	case fromStimulus:
		p.Source = session.True
	case fromStore:
		p.Source = session.Stored
	}
	preset := recon.Paper
	if c.preset.Selected == presetLab {
		preset = recon.Lab
	}
	p.Options, _ = recon.Defaults(preset) // of a preset that exists
	n, err := strconv.Atoi(c.iters.Text)
	switch busy := c.busy(); {
	case busy != "":
		return p, busy
	case len(p.Stimuli) == 0:
		return p, "Pick one or more stimuli above."
	case p.Source == session.Decoded && !vm.HasActivity(c.subject, p.Stimuli):
		return p, "No brain activity belongs to these stimuli: choose other features above."
	case p.Source == session.Decoded && p.ROI == "":
		return p, "Choose a region of the brain."
	case len(p.Layers) == 0:
		return p, "Choose at least one layer."
	case err != nil || n < 1 || n > 10000:
		return p, "Iterations must be a number from 1 to 10,000."
	}
	p.Options.Iterations = n
	if i := c.trained.SelectedIndex(); p.Source == session.Decoded && i > 0 {
		if lack := vm.UseDecoders(&p, c.subject.Trained[i-1]); lack != "" {
			return p, lack
		}
	}
	if p.Source == session.Stored {
		store, lack := vm.StoreFor(c.subject, p.Stimuli)
		if lack != "" {
			return p, lack
		}
		p.Store = store.Path
		switch {
		case len(store.ROIs) == 0:
			p.ROI = ""
		case !slices.Contains(store.ROIs, p.ROI):
			return p, "Choose a region that the features were decoded from: " + strings.Join(store.ROIs, ", ") + "."
		}
		p.Layers = slices.DeleteFunc(p.Layers, func(l string) bool { return !slices.Contains(store.Layers, l) })
		if len(p.Layers) == 0 {
			return p, "The store has none of the chosen layers: it has " + strings.Join(store.Layers, ", ") + "."
		}
	}
	if p.Source == session.True {
		for _, s := range p.Stimuli {
			if s.Image == "" {
				return p, "“" + s.Label + "” has no picture: its own features are unknown."
			}
		}
	}
	return p, ""
}
