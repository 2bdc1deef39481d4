package batch

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// layerSet is one of a specification's.
type layerSet struct {
	name, dir string
	layers    []string
}

var groupsName = regexp.MustCompile(`^(?i:dnn)([1-8])(?:-([1-8]))?$`)

// layerSets reads the names of sets. Their folders are named as the lab's: layers-1to4.
func (j *Job) layerSets() ([]layerSet, error) {
	var out []layerSet
	m := j.Host.Model(false)
	for _, name := range j.Spec.LayerSets {
		var chosen []string
		for _, l := range strings.Split(name, ",") {
			if l = strings.TrimSpace(l); l != "" {
				chosen = append(chosen, l)
			}
		}
		if len(chosen) == 0 {
			return nil, fmt.Errorf("batch: the layer set %q names no layer", name)
		}
		layers, err := m.Layers(chosen)
		if err != nil {
			return nil, fmt.Errorf("batch: layer set %q: %w", name, err)
		}
		l := layerSet{name: name, layers: layers, dir: "layers-" + strings.Join(layers, "+")}
		if g := groupsName.FindStringSubmatch(name); g != nil {
			if g[2] == "" {
				g[2] = g[1]
			}
			l.dir = "layers-" + g[1] + "to" + g[2]
		}
		for _, o := range out {
			if slices.Equal(o.layers, layers) {
				return nil, fmt.Errorf("batch: the layer sets %q and %q are the same layers", o.name, name)
			}
		}
		out = append(out, l)
	}
	return out, nil
}

// AllLayerSets are the paper's: DNN1, DNN1-2, … DNN1-8.
func AllLayerSets() []string {
	out := []string{"DNN1"}
	for i := 2; i <= 8; i++ {
		out = append(out, fmt.Sprintf("DNN1-%d", i))
	}
	return out
}
