package evaluation

import (
	"fmt"
	"slices"

	"reverie/app/results"
	"reverie/app/session"
	"reverie/compute/eval"
	"reverie/compute/stats"
)

// Comparison is a test between ways of making or tasks, as the paper makes them.
type Comparison struct {
	Name    string  `json:"name"`
	Figure  string  `json:"figure"` // of the paper that has it
	Measure Measure `json:"measure"`
	N       int     `json:"n"` // images × subjects
	// Difference is the mean of the paired differences; nil of an analysis of variance.
	Difference *stats.Interval `json:"difference,omitempty"`
	SignedRank *stats.Test     `json:"signed_rank,omitempty"`
	Effect     *float64        `json:"rank_biserial,omitempty"`
	Anova      *stats.Anova    `json:"anova,omitempty"`
	P          float64         `json:"p"`
	PHolm      float64         `json:"p_holm"` // among the comparisons of this family and measure
	Family     string          `json:"family"`
	APA        string          `json:"apa"`
	Why        string          `json:"why"`
}

// whole is the paper's layer set of all.
const whole = "DNN1-8"

// comparisons are those of the paper that the scores allow, for every relative measure.
func comparisons(scores []Score, spec Spec) []Comparison {
	var out []Comparison
	measures := slices.Clone(spec.Measures)
	if len(spec.Ratings) > 0 {
		measures = append(measures, Human)
	}
	for _, m := range measures {
		t := table{m: m, spec: spec}
		for _, s := range scores {
			if s.Measure == m {
				t.scores = append(t.scores, s)
			}
		}
		t.priors()
		if m.Relative() {
			t.tasks(eval.ImaginedShapes, "VC", "4d")
			t.areas()
			t.area()
		}
		t.levels()
		out = append(out, t.out...)
	}
	holm(out)
	return out
}

// holm adjusts the p of each family and measure by itself.
func holm(all []Comparison) {
	type family struct {
		name string
		m    Measure
	}
	groups := map[family][]int{}
	for i, c := range all {
		f := family{c.Family, c.Measure}
		groups[f] = append(groups[f], i)
	}
	for _, g := range groups {
		p := make([]float64, len(g))
		for k, i := range g {
			p[k] = all[i].P
		}
		for k, v := range stats.Holm(p) {
			all[g[k]].PHolm = v
		}
	}
}

// table makes comparisons of one measure's scores.
type table struct {
	m      Measure
	spec   Spec
	scores []Score
	out    []Comparison
}

// unit is an image of a subject.
type unit struct{ subject, label string }

// values are the scores that pass, by unit.
func (t *table) values(keep func(Score) bool) map[unit]float64 {
	out := map[unit]float64{}
	for _, s := range t.scores {
		if keep(s) {
			out[unit{s.Subject, s.Label}] = s.Value
		}
	}
	return out
}

// task is the one of whole pictures: identification has it by name, likenesses have none.
func (t *table) task() eval.Task {
	if t.m.Relative() {
		return eval.Whole
	}
	return ""
}

// paired compares two sets of scores unit by unit.
func (t *table) paired(name, figure, family, why string, a, b map[unit]float64) {
	var d []float64
	for _, s := range t.scores { // in the order of the scores, each unit once
		u := unit{s.Subject, s.Label}
		x, okA := a[u]
		y, okB := b[u]
		if okA && okB {
			d = append(d, x-y)
			delete(a, u)
		}
	}
	if len(d) < 2 {
		return
	}
	c := Comparison{Name: name, Figure: figure, Measure: t.m, N: len(d), Family: family, P: 1,
		Why: why + " Two-sided signed-rank test on the differences of the same image × subject, as in the paper; it assumes that they lie symmetrically about their median."}
	if i := interval(d, t.spec); i.Defined() {
		c.Difference = &i
	}
	test, err := stats.SignedRank(d, 0)
	if err != nil {
		c.APA = "no image differs"
	} else {
		r := stats.RankBiserial(d)
		c.SignedRank, c.Effect, c.P, c.APA = &test, &r, test.P, test.APA(r)
	}
	t.out = append(t.out, c)
}

// priors compares pictures through the generator with those over pixels (Fig. 2c).
func (t *table) priors() {
	for _, of := range eval.Conditions() {
		way := func(prior bool) map[unit]float64 {
			return t.values(func(s Score) bool {
				return s.Way == (Way{of, "VC", whole, prior, session.Decoded}) && s.Task == t.task()
			})
		}
		t.paired(fmt.Sprintf("%s: with the generator − without", of), "2c", "prior", "Does the natural image prior help?", way(true), way(false))
	}
}

// tasks compares shape with colour in one area (Fig. 4d).
func (t *table) tasks(of eval.Condition, roi, figure string) {
	way := func(task eval.Task) map[unit]float64 {
		return t.values(func(s Score) bool { return s.Way == (Way{of, roi, whole, false, session.Decoded}) && s.Task == task })
	}
	t.paired(fmt.Sprintf("%s, %s: shape − colour", of, roi), figure, "shape and colour", "Is shape told better than colour?", way(eval.ByShape), way(eval.ByColour))
}

// area compares shape with colour in each area by itself, colour among the six of one luminance.
func (t *table) area() {
	for _, roi := range results.Areas {
		way := func(task eval.Task) map[unit]float64 {
			return t.values(func(s Score) bool {
				return s.Way == (Way{eval.SeenShapes, roi, whole, false, session.Decoded}) && s.Task == task
			})
		}
		t.paired(fmt.Sprintf("%s, %s: shape − colour (six of one luminance)", eval.SeenShapes, roi), "3d", "shape and colour by area",
			"Does this area carry shape or colour?", way(eval.ByShape), way(eval.ByColour6))
	}
}

// levels compares true features and the floor with decoded ones.
func (t *table) levels() {
	for _, of := range []eval.Condition{eval.SeenNatural, eval.SeenShapes} {
		for _, prior := range []bool{false, true} {
			way := func(roi string, source session.Source) map[unit]float64 {
				return t.values(func(s Score) bool { return s.Way == (Way{of, roi, whole, prior, source}) && s.Task == t.task() })
			}
			name := fmt.Sprint(of)
			if prior {
				name += ", generator"
			}
			t.paired(name+": decoded − floor", "", "floor", "Do the pictures carry more than decoders of shuffled labels give?", way("VC", session.Decoded), way("VC", session.Shuffled))
		}
	}
}
