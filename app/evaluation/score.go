package evaluation

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"

	"reverie/app/results"
	"reverie/compute/eval"
)

// Score is one measure of one image of one subject, single trials averaged: the unit of every test.
type Score struct {
	Way
	Subject string    `json:"subject"`
	Label   string    `json:"label"`
	Shape   string    `json:"shape,omitempty"`
	Colour  string    `json:"colour,omitempty"`
	Measure Measure   `json:"measure"`
	Task    eval.Task `json:"task,omitempty"` // of identification
	Value   float64   `json:"value"`
	Others  int       `json:"others,omitempty"` // candidates that the own original stood against
	Trials  int       `json:"trials,omitempty"` // averaged; 0 is a reconstruction from the mean
	Raters  int       `json:"raters,omitempty"` // of a human judgement
	File    string    `json:"file,omitempty"`
}

// loaded are the pictures of a set.
type loaded struct {
	made, originals []*image.NRGBA // originals once each
	own             []int          // the original of each
	pictures        []eval.Picture // of the originals
	files           []string       // of the originals
}

// load reads the pictures of a set. All must have one size, and an original.
func (s *set) load(ctx context.Context) (l loaded, err error) {
	at := map[string]int{}
	for _, r := range s.items {
		if err := ctx.Err(); err != nil {
			return l, err
		}
		made, original, err := r.Pair()
		if err != nil {
			return l, err
		}
		if len(l.made) > 0 && made.Bounds().Size() != l.made[0].Bounds().Size() {
			return l, fmt.Errorf("%s is %v, others of %s %v: evaluate them apart", r.File, made.Bounds().Size(), s.way, l.made[0].Bounds().Size())
		}
		c, ok := at[string(original.Pix)] // the same picture twice is one candidate
		if !ok {
			c = len(l.originals)
			at[string(original.Pix)] = c
			l.originals = append(l.originals, original)
			l.pictures = append(l.pictures, pictureOf(r))
			l.files = append(l.files, r.Original)
		}
		l.made, l.own = append(l.made, made), append(l.own, c)
	}
	return l, nil
}

func pictureOf(r *results.Reconstruction) eval.Picture {
	return eval.Picture{Type: string(r.Condition), Shape: r.Shape, Colour: r.Colour}
}

// judged is the identification of a set in one task.
type judged struct {
	set      *set
	task     eval.Task
	ties     eval.Ties
	trials   bool // are the units
	likes    eval.Similarities
	pictures []eval.Picture // of the originals
	own      []int          // the original of each reconstruction
	result   eval.Identification
	which    []int // reconstructions that took part
}

// identify judges a set by similarities in every task that it has candidates for.
func (s *set) identify(l loaded, likes eval.Similarities, spec Spec) (out []judged, err error) {
	for _, task := range eval.Tasks() {
		j := judged{set: s, task: task, ties: spec.ties(), trials: spec.Trials, likes: likes, pictures: l.pictures, own: l.own}
		own := slices.Clone(l.own)
		for i, c := range own {
			if !task.Takes(l.pictures[c]) {
				own[i] = -1
			}
		}
		if j.result, j.which, err = likes.Judge(j.ruleFor(l.own), own); err != nil {
			return nil, err
		}
		if len(j.which) > 0 {
			out = append(out, j)
		}
	}
	return out, nil
}

// scores are those of a judged set.
func (j judged) scores(m Measure) []Score {
	values := make([]float64, len(j.set.items))
	others := make([]int, len(j.set.items))
	for i := range values {
		values[i] = math.NaN()
	}
	for k, i := range j.which {
		values[i], others[i] = j.result.Pairwise[k], j.result.Others[k]
	}
	return j.set.scores(m, j.task, values, others, j.trials)
}

// best scores 1 where the own original is the most alike of all.
func (j judged) best() []Score {
	values, others := make([]float64, len(j.set.items)), make([]int, len(j.set.items))
	for i := range values {
		values[i] = math.NaN()
	}
	for k, i := range j.which {
		others[i] = j.result.Others[k]
		if values[i] = 0; j.result.Best[k] {
			values[i] = 1
		}
	}
	return j.set.scores(Best, j.task, values, others, j.trials)
}

// scores makes scores of values, averaging those of single trials unless they are the units; NaN is none.
func (s *set) scores(m Measure, task eval.Task, values []float64, others []int, trials bool) []Score {
	at := map[string]int{}
	var out []Score
	var n []float64
	for i, r := range s.items {
		if math.IsNaN(values[i]) {
			continue
		}
		name := r.Label
		if trials && r.Trial != "" {
			name = r.Trial
		}
		k, ok := at[name]
		if !ok {
			k = len(out)
			at[name] = k
			sc := Score{Way: s.way, Subject: s.subject, Label: name, Shape: r.Shape, Colour: r.Colour, Measure: m, Task: task, File: r.File}
			if others != nil {
				sc.Others = others[i]
			}
			out, n = append(out, sc), append(n, 0)
		}
		out[k].Value += values[i]
		if n[k]++; n[k] > 1 || r.Trial != "" && !trials {
			out[k].Trials = int(n[k])
		}
	}
	for k := range out {
		out[k].Value /= n[k]
	}
	return out
}
