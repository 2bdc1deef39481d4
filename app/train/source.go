package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"

	"reverie/app/dataset/features"
	"reverie/app/pipeline"
	"reverie/compute"
)

// Range are units From … To−1 of a layer.
type Range struct {
	Layer    string
	From, To int
}

// Source has the features that are learnt.
type Source interface {
	// About names it, for the record.
	About() string
	// Digest tells features from others that are named so.
	Digest() string
	// Fill gives put the values of each range for each label, in any order, one
	// at a time; put copies. Labels are distinct. step is told the labels done.
	Fill(ctx context.Context, labels []string, ranges []Range, put func(label, r int, values []float32) error, step func(done, total int)) error
}

// network computes features of pictures.
type network struct {
	m        *pipeline.Model
	be       compute.Backend
	pictures map[string]string
	digest   func() string // of the pictures' files
}

// FromNetwork computes the features of the stimuli's pictures, label → path.
func FromNetwork(m *pipeline.Model, be compute.Backend, pictures map[string]string) Source {
	return &network{m, be, pictures, sync.OnceValue(func() string {
		h := sha256.New()
		for _, l := range slices.Sorted(maps.Keys(pictures)) {
			raw, err := os.ReadFile(pictures[l])
			fmt.Fprintf(h, "%q %x %v\n", l, sha256.Sum256(raw), err != nil) // one that cannot be read is an error of Fill
		}
		return hex.EncodeToString(h.Sum(nil))
	})}
}

func (n *network) About() string  { return n.m.Net.Name + ": " + n.m.Note }
func (n *network) Digest() string { return n.digest() }

func (n *network) Fill(ctx context.Context, labels []string, ranges []Range, put func(label, r int, values []float32) error, step func(done, total int)) error {
	paths := make([]string, len(labels))
	for i, l := range labels {
		if paths[i] = n.pictures[l]; paths[i] == "" {
			return fmt.Errorf("train: stimulus %q has no picture: open the folder that holds it", l)
		}
	}
	var names []string
	for _, r := range ranges {
		names = append(names, r.Layer)
	}
	layers, err := n.m.Layers(names)
	if err != nil {
		return err
	}
	return n.m.Stream(ctx, n.be, paths, layers, func(i int, f [][]float32) error {
		for k, r := range ranges {
			if err := put(i, k, f[slices.Index(layers, r.Layer)][r.From:r.To]); err != nil {
				return err
			}
		}
		return nil
	}, step)
}

// stored reads features from a store.
type stored struct {
	s      *features.Store
	digest func() string
}

// FromStore reads features from a store of true features. What tells one store
// from another is the values of the first and the last label in each layer.
func FromStore(s *features.Store) Source {
	return &stored{s, sync.OnceValue(func() string {
		h := sha256.New()
		labels := s.Labels()
		fmt.Fprintf(h, "%q\n", labels)
		for _, layer := range s.Layers() {
			for _, l := range []string{labels[0], labels[len(labels)-1]} {
				v, err := s.Read(layer, l)
				fmt.Fprintf(h, "%q %q %v %v\n", layer, l, v, err != nil) // one that cannot be read is an error of Fill
			}
		}
		return hex.EncodeToString(h.Sum(nil))
	})}
}

func (s *stored) About() string  { return "stored features (" + string(s.s.Layout()) + ")" }
func (s *stored) Digest() string { return s.digest() }

func (s *stored) Fill(ctx context.Context, labels []string, ranges []Range, put func(label, r int, values []float32) error, step func(done, total int)) error {
	for i, l := range labels {
		for k, r := range ranges {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			v, err := s.s.ReadRange(r.Layer, l, r.From, r.To)
			if err != nil {
				return err
			}
			if err := put(i, k, v); err != nil {
				return err
			}
		}
		step(i+1, len(labels))
	}
	return nil
}
