package watch

import (
	"slices"
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
	c.form.Preset = recon.Paper
	if c.preset.Selected == presetLab {
		c.form.Preset = recon.Lab
	}
	p.Prior, _ = c.chosenPrior(p)
	c.form.Prior = p.Prior != ""
	var err error
	p.Options, err = c.form.Options()
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
	case err != nil:
		return p, err.Error() + "."
	}
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
