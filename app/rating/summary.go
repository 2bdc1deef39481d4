package rating

import (
	"fmt"
	"math"
	"slices"
	"time"

	"reverie/compute/eval"
)

// Scored is what raters made of one reconstruction: the proportion of trials in which its original was chosen, or in
// which it was the better of two, for each rater and averaged over them.
type Scored struct {
	Way
	Kind   Kind      `json:"kind"`
	Label  string    `json:"label"`
	Layers string    `json:"layers"`
	Task   eval.Task `json:"task,omitempty"`
	Value  float64   `json:"value"`
	Raters int       `json:"raters"`
	Trials int       `json:"trials"`
}

// Rater is how somebody answered.
type Rater struct {
	Name    string        `json:"rater"`
	File    string        `json:"file"`
	Answers int           `json:"answers"`
	Trials  int           `json:"trials"` // of the plan, without practice
	Chosen  float64       `json:"chosen"` // proportion of originals, or of first sets
	LeftOf  float64       `json:"left"`   // proportion of left answers; far from a half is a habit
	Median  time.Duration `json:"rt_median_ns"`
	Fast    int           `json:"fast"` // answers under FastAnswer
}

// FastAnswer is what no one needs less for.
const FastAnswer = 250 * time.Millisecond

// Summary is several raters' answers taken together.
type Summary struct {
	Raters []Rater  `json:"raters"`
	Scores []Scored `json:"scores"`
	// Wins of sets of layers (Prefer): how often that of the row was judged better than that of the column, averaged over raters; NaN without an answer.
	Sets []string    `json:"sets,omitempty"`
	Wins [][]float64 `json:"-"`
	// Agreement is the proportion of pairs of raters that chose alike in a trial, Kappa Fleiss' over trials that all answered.
	Agreement *float64 `json:"agreement,omitempty"`
	Kappa     *float64 `json:"fleiss_kappa,omitempty"`
	Shared    int      `json:"shared_trials,omitempty"`
	Notes     []string `json:"notes,omitempty"`
}

// FewestRaters is the paper's for each set.
const FewestRaters = 3

// Summarise merges files of answers. A rater's files of one plan are taken once; unfinished ones count as far as they are.
func Summarise(files []*File) (*Summary, error) {
	if len(files) == 0 {
		return nil, fmt.Errorf("rating: no file of answers")
	}
	s := &Summary{}
	type tally struct{ won, n float64 }
	type key struct {
		Way
		kind  Kind
		label string
		task  eval.Task
		set   string
	}
	by := map[key]map[string]*tally{}
	var order []key
	count := func(k key, rater string, won bool) {
		if by[k] == nil {
			by[k] = map[string]*tally{}
			order = append(order, k)
		}
		t := by[k][rater]
		if t == nil {
			t = &tally{}
			by[k][rater] = t
		}
		t.n++
		if won {
			t.won++
		}
	}
	seen := map[string]bool{}
	for _, f := range files {
		if id := f.Rater + "\x00" + f.Hash; seen[id] {
			return nil, fmt.Errorf("rating: %s: answers of %s to this plan are there twice", f.Path, f.Rater)
		} else {
			seen[id] = true
		}
		answers := f.Standing()
		s.Raters = append(s.Raters, describe(f, answers))
		for _, a := range answers {
			w := Way{a.Subject, a.Condition, a.ROI, a.Layers, a.Prior, a.Source}
			if f.Kind == Identify {
				count(key{w, f.Kind, a.Label, a.Task, a.Layers}, f.Rater, a.Right())
				continue
			}
			w.Layers = ""
			count(key{w, f.Kind, a.Label, "", a.Layers}, f.Rater, a.Right())
			count(key{w, f.Kind, a.Label, "", a.Other}, f.Rater, !a.Right())
		}
	}
	few := false
	for _, k := range order {
		sc := Scored{Way: k.Way, Kind: k.kind, Label: k.label, Layers: k.set, Task: k.task, Raters: len(by[k])}
		for _, t := range by[k] {
			sc.Value += t.won / t.n / float64(len(by[k]))
			sc.Trials += int(t.n)
		}
		few = few || sc.Raters < FewestRaters
		s.Scores = append(s.Scores, sc)
	}
	if few {
		s.Notes = append(s.Notes, fmt.Sprintf("Some reconstructions were judged by fewer than %d raters; the paper had at least %d for each set.", FewestRaters, FewestRaters))
	}
	s.wins(files)
	s.agree(files)
	return s, nil
}

func describe(f *File, answers []Answer) Rater {
	r := Rater{Name: f.Rater, File: f.Path, Answers: len(answers), Trials: f.Trials - min(PracticeTrials, f.Trials/2)}
	var times []time.Duration
	for _, a := range answers {
		if a.Right() {
			r.Chosen += 1 / float64(len(answers))
		}
		if a.Choice == Left {
			r.LeftOf += 1 / float64(len(answers))
		}
		if a.RT < FastAnswer {
			r.Fast++
		}
		times = append(times, a.RT)
	}
	if len(times) > 0 {
		slices.Sort(times)
		r.Median = times[len(times)/2]
	}
	return r
}

// wins fills in the matrix of sets of layers.
func (s *Summary) wins(files []*File) {
	type cell struct{ won, n float64 }
	all := map[[2]string]*cell{}
	add := func(a, b string, won float64) {
		for _, x := range []string{a, b} {
			if !slices.Contains(s.Sets, x) {
				s.Sets = append(s.Sets, x)
			}
		}
		c := all[[2]string{a, b}]
		if c == nil {
			c = &cell{}
			all[[2]string{a, b}] = c
		}
		c.won, c.n = c.won+won, c.n+1
	}
	for _, f := range files {
		if f.Kind != Prefer {
			continue
		}
		for _, a := range f.Standing() {
			won := 0.0
			if a.Right() {
				won = 1
			}
			add(a.Layers, a.Other, won)
			add(a.Other, a.Layers, 1-won)
		}
	}
	slices.Sort(s.Sets)
	for _, a := range s.Sets {
		row := make([]float64, len(s.Sets))
		for j, b := range s.Sets {
			if row[j] = math.NaN(); all[[2]string{a, b}] != nil {
				row[j] = all[[2]string{a, b}].won / all[[2]string{a, b}].n
			}
		}
		s.Wins = append(s.Wins, row)
	}
}

// agree compares raters over the trials that they share: pairs of the same pictures, whatever order and side.
func (s *Summary) agree(files []*File) {
	type trial struct {
		Way
		kind               Kind
		label, other, task string
	}
	votes := map[trial][]bool{}
	raters := map[string]bool{}
	for _, f := range files {
		raters[f.Rater] = true
		for _, a := range f.Standing() {
			w := Way{a.Subject, a.Condition, a.ROI, a.Layers, a.Prior, a.Source}
			t := trial{w, f.Kind, a.Label, a.Other, string(a.Task)}
			votes[t] = append(votes[t], a.Right())
		}
	}
	n := len(raters)
	if n < 2 {
		return
	}
	agreement, yes, k := 0.0, 0.0, 0.0
	for _, v := range votes {
		if len(v) != n {
			continue
		}
		c := 0.0
		for _, b := range v {
			if b {
				c++
			}
		}
		m := float64(n)
		agreement += (c*(c-1) + (m-c)*(m-c-1)) / (m * (m - 1))
		yes += c / m
		k++
	}
	if k == 0 {
		return
	}
	agreement, yes = agreement/k, yes/k
	s.Agreement, s.Shared = &agreement, int(k)
	if chance := yes*yes + (1-yes)*(1-yes); chance < 1 {
		kappa := (agreement - chance) / (1 - chance)
		s.Kappa = &kappa
	}
}
