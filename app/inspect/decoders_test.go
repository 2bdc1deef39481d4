package inspect

import (
	"path/filepath"
	"strings"
	"testing"

	"reverie/app/dataset/decoders"
	units "reverie/compute/decode"
)

func TestDecoderFolders(t *testing.T) {
	root := t.TempDir()
	m := decoders.Meta{Layer: "fc8", Subject: "S1", ROI: "VC", Shape: []int{4}, Voxels: 2, Chunk: 3, Method: "l2", Fit: map[string]any{"alpha": 100, "voxels": 2},
		Conditions: []decoders.Condition{{Name: "seen natural", Stimuli: 50}}}
	s, err := decoders.Create(root, m, decoders.Norms{Mean: []float32{0, 0}, Norm: []float32{1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	w := &units.Sparse{Voxels: 2, Start: []int{0, 1, 1, 2}, Index: []uint32{0, 1}, W: []float32{1, 2}, B: make([]float32, 3)}
	if err := s.Write(0, &decoders.Chunk{Weights: w, Mean: make([]float32, 3), Norm: make([]float32, 3), Accuracy: [][]float32{make([]float32, 3)}}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][]string{
		s.Path(): {"3 of 4 units from 2 voxels", "ridge, alpha 100, 2 voxels a unit", "fc8, S1, VC", "seen natural (50 stimuli)", "3 of 4 units are trained"},
		root:     {filepath.Join("fc8", "S1", "VC"), "3 of 4 units from 2 voxels, ridge, alpha 100"},
	} {
		d, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		var facts strings.Builder
		for _, f := range d.Facts {
			facts.WriteString(f.Name + " " + f.Text + "\n")
		}
		for _, w := range want {
			if !strings.Contains(facts.String(), w) {
				t.Errorf("%s: no %q in\n%s", d.Kind, w, facts.String())
			}
		}
		d.Close()
	}
}
