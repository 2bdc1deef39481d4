// Package rating is the human judgement of the paper without a screen: which pairs are shown, in which order and on
// which side, what was answered, and what several raters' answers come to. Every answer is on the disk before the
// next pair is shown.
package rating

import (
	"cmp"
	"fmt"
	"slices"

	"reverie/app/results"
	"reverie/app/session"
	"reverie/compute/eval"
)

// Kind is one of the paper's two experiments.
type Kind string

const (
	// Identify shows a reconstruction and two originals: which is it of?
	Identify Kind = "identify"
	// Prefer shows an original and two reconstructions of it from different sets of layers: which is better?
	Prefer Kind = "prefer"
)

// Way is what a set of reconstructions has in common.
type Way struct {
	Subject   string
	Condition eval.Condition
	ROI       string
	Layers    string // "" of Prefer, which compares them
	Prior     bool
	Source    session.Source
}

// Choice is a set of reconstructions that can be judged.
type Choice struct {
	Way
	Kind  Kind
	Task  eval.Task // of Identify
	Pairs int
	items []results.Reconstruction
}

// Choices lists what can be judged of reconstructions: every way of making with the paper's pairs, shape and colour
// apart for shapes, and sets of layers against each other. Single trials and reconstructions without an original
// are left out.
func Choices(all []results.Reconstruction) []Choice {
	ways := map[Way][]results.Reconstruction{}
	for _, r := range all {
		if r.Trial != "" || r.Original == "" {
			continue
		}
		w := Way{r.Subject, r.Condition, r.ROI, r.Layers, r.Prior, r.Source}
		ways[w] = append(ways[w], r)
		w.Layers = ""
		ways[w] = append(ways[w], r)
	}
	var out []Choice
	for w, items := range ways {
		kinds := []Choice{{Way: w, Kind: Prefer, items: items}}
		if w.Layers != "" {
			kinds = nil
			for _, t := range eval.Tasks() {
				kinds = append(kinds, Choice{Way: w, Kind: Identify, Task: t, items: items})
			}
		}
		for _, c := range kinds {
			if c.Pairs = len(c.pairs()); c.Pairs > 0 {
				out = append(out, c)
			}
		}
	}
	slices.SortFunc(out, func(a, b Choice) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Source, b.Source), cmp.Compare(rank(a.Condition), rank(b.Condition)), cmp.Compare(area(a.ROI), area(b.ROI)),
			-cmp.Compare(a.Layers, b.Layers), cmp.Compare(a.Kind, b.Kind), cmp.Compare(fmt.Sprint(b.Prior), fmt.Sprint(a.Prior)), cmp.Compare(slices.Index(eval.Tasks(), a.Task), slices.Index(eval.Tasks(), b.Task)))
	})
	return out
}

// area puts VC first, which the paper's judgements are of.
func area(roi string) int {
	if roi == "VC" {
		return -1
	}
	return slices.Index(results.Areas, roi)
}

func rank(c eval.Condition) int { return slices.Index(eval.Conditions(), c) }

// pair is two pictures to choose from, a being the original or the first set of layers.
type pair struct {
	item    results.Reconstruction // judged, or that of the first set
	other   results.Reconstruction // the other candidate's, or that of the second set
	a, b, c string                 // picture files: the two candidates, and the one that they are compared with
}

// pairs are all of the paper's: each reconstruction against all other originals of its type, or all pairs of sets of
// layers of each original.
func (c Choice) pairs() (out []pair) {
	if c.Kind == Prefer {
		for i, x := range c.items {
			for _, y := range c.items[i+1:] {
				if x.Label == y.Label && x.Layers != y.Layers {
					out = append(out, pair{x, y, x.File, y.File, x.Original})
				}
			}
		}
		return out
	}
	picture := func(r results.Reconstruction) eval.Picture {
		return eval.Picture{Type: string(r.Condition), Shape: r.Shape, Colour: r.Colour}
	}
	for _, x := range c.items {
		if !c.Task.Takes(picture(x)) {
			continue
		}
		for _, y := range c.items {
			if y.Label != x.Label && c.Task.Against(picture(x), picture(y)) {
				out = append(out, pair{x, y, x.Original, y.Original, x.File})
			}
		}
	}
	return out
}
