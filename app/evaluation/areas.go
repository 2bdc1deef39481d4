package evaluation

import (
	"fmt"
	"math"

	"reverie/app/results"
	"reverie/app/session"
	"reverie/compute/eval"
	"reverie/compute/stats"
)

// areas is the analysis of variance of the paper: task (shape, colour) × visual area, on the shapes (Fig. 3d). The
// paper does not say whether between or within images, so both are there; with colour among all eight and among the
// six of one luminance.
func (t *table) areas() {
	for _, colour := range []eval.Task{eval.ByColour, eval.ByColour6} {
		tasks := []eval.Task{eval.ByShape, colour}
		var areas []string
		values := map[string]map[eval.Task]map[unit]float64{}
		for _, roi := range results.Areas {
			if roi == "VC" || roi == "HVC" {
				continue // made of the others
			}
			of := map[eval.Task]map[unit]float64{}
			for _, task := range tasks {
				of[task] = t.values(func(s Score) bool {
					return s.Way == (Way{eval.SeenShapes, roi, whole, false, session.Decoded}) && s.Task == task
				})
			}
			if len(of[eval.ByShape]) > 0 && len(of[colour]) > 0 {
				areas = append(areas, roi)
				values[roi] = of
			}
		}
		if len(areas) < 2 {
			return
		}
		t.analyse(areas, tasks, values)
	}
}

func (t *table) analyse(areas []string, tasks []eval.Task, values map[string]map[eval.Task]map[unit]float64) {
	var obs []stats.Observation
	var cube [][][]float64
	seen := map[unit]bool{}
	for _, s := range t.scores {
		u := unit{s.Subject, s.Label}
		if seen[u] {
			continue
		}
		seen[u] = true
		row, complete := make([][]float64, len(areas)), true
		for i, roi := range areas {
			for _, task := range tasks {
				v, ok := values[roi][task][u]
				complete = complete && ok
				if ok {
					obs = append(obs, stats.Observation{A: roi, B: string(task), Y: v})
					row[i] = append(row[i], v)
				}
			}
		}
		if complete {
			cube = append(cube, row)
		}
	}
	names := [2]string{"area", "task"}
	colours := "all eight colours"
	if tasks[1] == eval.ByColour6 {
		colours = "six colours of one luminance"
	}
	add := func(a stats.Anova, err error, kind, assume string) {
		if err != nil {
			return
		}
		for _, e := range a.Effects {
			if e.F != e.F || math.IsInf(e.F, 0) {
				return // no spread at all
			}
		}
		e := a.Interaction()
		p := e.P
		if e.PCorrected > 0 {
			p = e.PCorrected
		}
		t.out = append(t.out, Comparison{Name: fmt.Sprintf("seen shapes: task × area, %s, %s", colours, kind), Figure: "3d", Measure: t.m, N: a.N, Anova: &a, P: p, Family: "task × area",
			APA: e.APA(), Why: fmt.Sprintf("Do areas differ in how shape and colour come out (%d areas)? %s The paper does not say which it took, so both stand here.", len(areas), assume)})
	}
	a, err := stats.Between(names, obs)
	add(a, err, "between", "Analysis of variance that takes every score for one of its own, independent and of equal variance.")
	a, err = stats.Within(names, cube)
	add(a, err, "within", "Analysis of variance over the same images in every cell (repeated measures); p with Greenhouse and Geisser's correction.")
}
