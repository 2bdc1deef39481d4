package pipeline

import (
	"fmt"
	"slices"

	"reverie/app/dataset/features"
)

// Stored reads the features of a label from a store, one slice per layer. They must fit the network.
func (m *Model) Stored(s *features.Store, layers []string, label string) ([][]float32, error) {
	if !slices.Contains(s.Labels(), label) {
		return nil, fmt.Errorf("the features hold no label %q; they have %v", label, s.Labels())
	}
	var out [][]float32
	for _, layer := range layers {
		v, err := s.Read(layer, label)
		if err != nil {
			return nil, err
		}
		if want := m.Shape(layer); len(v) != want.Len() {
			return nil, fmt.Errorf("layer %s of %q has %d values, %s wants %d (%v): were the features made with another network?", layer, label, len(v), m.Net.Name, want.Len(), want)
		}
		out = append(out, v)
	}
	return out, nil
}
