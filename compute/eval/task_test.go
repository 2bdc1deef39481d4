package eval

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTaskCandidates counts the candidates that the paper has: of 40 shapes, 50 natural images and imagery.
func TestTaskCandidates(t *testing.T) {
	var all []Picture
	for _, s := range []string{"square", "smallframe", "largeframe", "plus", "cross"} {
		for _, c := range []string{"red", "green", "blue", "cyan", "magenta", "yellow", "white", "black"} {
			all = append(all, Picture{"shape", s, c})
		}
	}
	for range 50 {
		all = append(all, Picture{Type: "natural"})
	}
	for task, want := range map[Task][2]int{Whole: {40 * 39, 2450}, ByShape: {40 * 4, 0}, ByColour: {40 * 7, 0}, ByColour6: {30 * 5, 0}} {
		var pairs [2]int
		for i, p := range all {
			for c := range all {
				if c != i && task.Takes(p) && task.Against(p, all[c]) {
					pairs[min(i/40, 1)]++
				}
			}
		}
		if pairs[0] != want[0] || pairs[1] != want[1] && task == Whole {
			t.Errorf("%s: %d and %d pairs, want %d", task, pairs[0], pairs[1], want)
		}
	}
}

// TestJudgeIsIdentify: one matrix for all tasks gives what Identify gives on the pictures themselves.
func TestJudgeIsIdentify(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	draw := func(n int) (out [][]float64) {
		for range n {
			v := make([]float64, 30)
			for i := range v {
				v[i] = r.NormFloat64()
			}
			out = append(out, v)
		}
		return out
	}
	recon, candidates := draw(9), draw(7)
	recon[3][4] = math.NaN()
	own := []int{0, 1, 2, 3, 4, 5, 6, 0, 1}
	rule := Rule{Against: func(i, c int) bool { return (i+c)%3 != 0 }}
	want, err := IdentifyBy(rule, recon, candidates, own)
	if err != nil {
		t.Fatal(err)
	}
	s, left, err := Correlations(recon, candidates)
	if err != nil {
		t.Fatal(err)
	}
	got, which, err := s.Judge(rule, own)
	if err != nil || left != 1 || len(which) != 9 || !slices.Equal(got.Pairwise, want.Pairwise) || !slices.Equal(got.Others, want.Others) {
		t.Errorf("got %v of %v, %d left out, want %v: %v", got.Pairwise, which, left, want.Pairwise, err)
	}
	own[2] = -1
	if got, which, _ = s.Judge(rule, own); len(got.Pairwise) != 8 || slices.Contains(which, 2) {
		t.Errorf("with one left out %v of %v", got.Pairwise, which)
	}
	if _, _, err := s.Judge(rule, own[:3]); err == nil {
		t.Error("too few originals were taken")
	}
}
