package vm

import "strings"

// Group is a DNN layer group of the paper: DNN1 … DNN5 are the convolutional
// blocks of VGG19, DNN6 … DNN8 its fully connected layers.
type Group struct {
	Name   string
	Layers []string // forward order
}

// GroupOf names the group of a layer: conv3_2 is in DNN3, fc7 in DNN7. A layer
// named otherwise is a group of its own.
func GroupOf(layer string) string {
	var n byte
	switch {
	case strings.HasPrefix(layer, "conv") && len(layer) > 5 && layer[5] == '_':
		n = layer[4]
	case strings.HasPrefix(layer, "fc") && len(layer) == 3:
		n = layer[2]
	}
	if n < '1' || n > '8' {
		return layer
	}
	return "DNN" + string(n)
}

// Groups puts layers into groups, in order of first appearance.
func Groups(layers []string) []Group {
	var out []Group
	at := map[string]int{}
	for _, l := range layers {
		g := GroupOf(l)
		i, seen := at[g]
		if !seen {
			i = len(out)
			at[g] = i
			out = append(out, Group{Name: g})
		}
		out[i].Layers = append(out[i].Layers, l)
	}
	return out
}

// Share says how much of a group is chosen.
type Share int

const (
	NoLayer Share = iota
	SomeLayers
	AllLayers
)

// Layers is the choice of network layers. All are chosen at first.
type Layers struct {
	Groups []Group
	on     map[string]bool
}

// NewLayers starts with every layer chosen.
func NewLayers(layers []string) *Layers {
	c := &Layers{Groups: Groups(layers), on: map[string]bool{}}
	c.SetAll(true)
	return c
}

// SetAll chooses all layers or none.
func (c *Layers) SetAll(on bool) {
	for _, g := range c.Groups {
		c.SetGroup(g.Name, on)
	}
}

// SetGroup chooses all layers of a group or none.
func (c *Layers) SetGroup(name string, on bool) {
	for _, g := range c.Groups {
		if g.Name != name {
			continue
		}
		for _, l := range g.Layers {
			c.on[l] = on
		}
	}
}

// SetFirst chooses the layers of the first n groups of the paper, DNN1 to DNNn, and no others.
func (c *Layers) SetFirst(n int) {
	for i, g := range c.Groups {
		c.SetGroup(g.Name, i < n)
	}
}

// Set chooses one layer or not.
func (c *Layers) Set(layer string, on bool) { c.on[layer] = on }

// Has reports whether a layer is chosen.
func (c *Layers) Has(layer string) bool { return c.on[layer] }

// Of counts the chosen layers of a group and says whether that is all.
func (c *Layers) Of(g Group) (chosen int, share Share) {
	for _, l := range g.Layers {
		if c.on[l] {
			chosen++
		}
	}
	switch chosen {
	case 0:
		return 0, NoLayer
	case len(g.Layers):
		return chosen, AllLayers
	}
	return chosen, SomeLayers
}

// Chosen lists the chosen layers in forward order.
func (c *Layers) Chosen() []string {
	var out []string
	for _, g := range c.Groups {
		for _, l := range g.Layers {
			if c.on[l] {
				out = append(out, l)
			}
		}
	}
	return out
}

// Total counts all layers.
func (c *Layers) Total() int {
	n := 0
	for _, g := range c.Groups {
		n += len(g.Layers)
	}
	return n
}
