package evaluation

import (
	"cmp"
	"slices"

	"reverie/compute/eval"
	"reverie/compute/stats"
)

// Cell summarises one measure of what was made in one way, over images × subjects.
type Cell struct {
	Way
	Measure  Measure         `json:"measure"`
	Task     eval.Task       `json:"task,omitempty"`
	Subject  string          `json:"subject,omitempty"` // "" pools all, as the paper does
	Subjects int             `json:"subjects"`
	Mean     float64         `json:"mean"`
	Interval *stats.Interval `json:"interval,omitempty"` // nil under two values
	Chance   float64         `json:"chance,omitempty"`   // 0.5 of identification; 0 has none
	// Test is of the values against chance.
	Test *stats.Test `json:"test_against_chance,omitempty"`
	// P is how often labels drawn anew at evaluation score as high: (k+1)/(n+1).
	P      *float64  `json:"p_shuffled_labels,omitempty"`
	Values []float64 `json:"values"` // in the order of the scores
}

// cells pools scores: first each way over all subjects, then, of several subjects, each one's.
func cells(scores []Score, spec Spec) []Cell {
	type key struct {
		Way
		m       Measure
		t       eval.Task
		subject string
	}
	type pool struct {
		Cell
		subjects   map[string]bool
		candidates int
	}
	at := map[key]*pool{}
	var pools []*pool
	add := func(k key, s Score) {
		p := at[k]
		if p == nil {
			p = &pool{Cell{Way: k.Way, Measure: k.m, Task: k.t, Subject: k.subject}, map[string]bool{}, 0}
			at[k] = p
			pools = append(pools, p)
		}
		p.Values = append(p.Values, s.Value)
		p.candidates += s.Others + 1
		p.subjects[s.Subject] = true
	}
	for _, s := range scores {
		add(key{s.Way, s.Measure, s.Task, ""}, s)
	}
	for _, s := range scores {
		if len(at[key{s.Way, s.Measure, s.Task, ""}].subjects) > 1 {
			add(key{s.Way, s.Measure, s.Task, s.Subject}, s)
		}
	}
	out := make([]Cell, 0, len(pools))
	for _, p := range pools {
		c := p.Cell
		c.Subjects = len(p.subjects)
		c.summarise(spec)
		if c.Measure == Best {
			c.proportion(spec, float64(len(c.Values))/float64(p.candidates))
		}
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b Cell) int { return cmp.Compare(a.Subject, b.Subject) })
	return out
}

func (c *Cell) summarise(spec Spec) {
	i := interval(c.Values, spec)
	c.Mean = i.Mean
	if i.Defined() {
		c.Interval = &i
	}
	if c.Measure.Relative() {
		c.Chance = 0.5
		if t, err := stats.SignedRank(c.Values, c.Chance); err == nil {
			c.Test = &t
		}
	}
}

// resamples is how many the bootstrap takes.
const resamples = 10_000

func interval(x []float64, spec Spec) stats.Interval {
	if spec.Interval == Bootstrap {
		return stats.Bootstrap(x, spec.Level, resamples, spec.Seed)
	}
	return stats.Mean(x, spec.Level)
}

// proportion replaces the interval of zeros and ones by Wilson's, where single trials were not averaged.
func (c *Cell) proportion(spec Spec, chance float64) {
	c.Chance = chance
	k := 0
	for _, v := range c.Values {
		if v != 0 && v != 1 {
			return
		}
		k += int(v)
	}
	i := stats.Proportion(k, len(c.Values), spec.Level)
	c.Interval = &i
}
