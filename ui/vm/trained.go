package vm

import (
	"slices"
	"strings"

	"reverie/app/session"
)

// UseDecoders has a plan decode with a trained set, its layers alone; or it says
// why that cannot be.
func UseDecoders(p *session.Plan, t session.TrainedSet) (lack string) {
	if len(t.ROIs) > 0 && !slices.Contains(t.ROIs, p.ROI) {
		return "These decoders are for " + strings.Join(t.ROIs, ", ") + ": choose one of these regions."
	}
	layers := slices.DeleteFunc(slices.Clone(p.Layers), func(l string) bool { return !slices.Contains(t.Layers, l) })
	if len(layers) == 0 {
		return "These decoders have none of the chosen layers: they have " + strings.Join(t.Layers, ", ") + "."
	}
	p.Decoders, p.Layers = t.Path, layers
	return ""
}
