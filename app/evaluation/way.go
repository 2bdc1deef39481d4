package evaluation

import (
	"cmp"
	"slices"
	"strings"

	"reverie/app/results"
	"reverie/app/session"
	"reverie/compute/eval"
)

// Way is how reconstructions were made: what is compared with what.
type Way struct {
	Condition eval.Condition `json:"condition"`
	ROI       string         `json:"roi,omitempty"`
	Layers    string         `json:"layers"`
	Prior     bool           `json:"prior"`
	Source    session.Source `json:"source"`
}

func wayOf(r *results.Reconstruction) Way {
	return Way{r.Condition, r.ROI, r.Layers, r.Prior, r.Source}
}

// String names a way for people: "seen shapes, V4, DNN1-8, pixels".
func (w Way) String() string {
	prior := "pixels"
	if w.Prior {
		prior = "generator"
	}
	parts := []string{string(w.Condition)}
	if w.Condition == "" {
		parts[0] = "unknown stimuli"
	}
	for _, p := range []string{w.ROI, w.Layers, prior} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	switch w.Source {
	case session.True:
		parts = append(parts, "true features (ceiling)")
	case session.Shuffled:
		parts = append(parts, "decoders of shuffled labels (floor)")
	}
	return strings.Join(parts, ", ")
}

// set are the reconstructions of one subject made in one way, which are scored together.
type set struct {
	way     Way
	subject string
	items   []*results.Reconstruction
}

// sets parts a catalogue, in its order.
func sets(items []results.Reconstruction, keep func(*results.Reconstruction) bool) []*set {
	type key struct {
		Way
		subject string
	}
	at := map[key]*set{}
	var out []*set
	for i := range items {
		r := &items[i]
		if !keep(r) {
			continue
		}
		k := key{wayOf(r), r.Subject}
		s := at[k]
		if s == nil {
			s = &set{way: k.Way, subject: k.subject}
			at[k] = s
			out = append(out, s)
		}
		s.items = append(s.items, r)
	}
	place := map[results.Field]map[string]int{}
	for _, f := range []results.Field{results.Condition, results.Source, results.Prior, results.Layers, results.ROI} {
		place[f] = map[string]int{}
		for i, v := range results.Values(items, f) {
			place[f][v] = i
		}
	}
	slices.SortStableFunc(out, func(a, b *set) int {
		for _, f := range []results.Field{results.Condition, results.Source, results.Prior, results.Layers, results.ROI} {
			if c := cmp.Compare(place[f][a.items[0].Value(f)], place[f][b.items[0].Value(f)]); c != 0 {
				return c
			}
		}
		return 0
	})
	return out
}
