package eval

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"reverie/compute/stats"
)

// scene is a drawn experiment: reconstructions of pictures that share nothing with them, or a part.
func scene(r *rand.Rand, n, pixels int, shared float64) (made, truth [][]float64) {
	for range n {
		a, b := make([]float64, pixels), make([]float64, pixels)
		for k := range a {
			a[k] = r.NormFloat64()
			b[k] = shared*a[k] + r.NormFloat64()
		}
		truth, made = append(truth, a), append(made, b)
	}
	return made, truth
}

// TestShuffledLabelsAreAtChance: with labels of fifty images drawn anew a thousand times the mean score is at chance,
// also where reconstructions are good.
func TestShuffledLabelsAreAtChance(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for _, shared := range []float64{0, 1} {
		made, truth := scene(r, 50, 200, shared)
		s, _, err := Correlations(made, truth)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		var means []float64
		for range 1000 {
			d, _, err := s.Judge(Rule{}, r.Perm(50))
			if err != nil {
				t.Fatal(err)
			}
			means = append(means, d.Mean())
		}
		took := time.Since(start)
		i := stats.Mean(means, 0.999)
		if i.Lower > 0.5 || i.Upper < 0.5 {
			t.Errorf("shared %g: the mean of a thousand shuffles is %v", shared, i)
		}
		if took > 2*time.Second {
			t.Errorf("a thousand shuffles took %v", took)
		}
	}
}

// TestIntervalsCoverChance: 95 % intervals of the scores of images without information hold 50 % in 95 % of a
// thousand experiments, but for what a thousand draws may miss (three binomial standard errors). Wilson's have another
// coverage for each n, as a proportion of n moves in steps: for 50 of 50 % it is 93.5 %, and they are held against that.
func TestIntervalsCoverChance(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	const experiments = 1000
	student, wilson := 0, 0
	for range experiments {
		made, truth := scene(r, 50, 40, 0)
		s, _, err := Correlations(made, truth)
		if err != nil {
			t.Fatal(err)
		}
		d, _, err := s.Judge(Rule{}, r.Perm(50))
		if err != nil {
			t.Fatal(err)
		}
		if i := stats.Mean(d.Pairwise, 0.95); i.Lower <= 0.5 && 0.5 <= i.Upper {
			student++
		}
		// One pair per image, so that pairs are independent as a proportion needs them.
		k := 0
		for i, row := range s {
			if row[i] > row[(i+1)%len(row)] {
				k++
			}
		}
		if i := stats.Proportion(k, len(s), 0.95); i.Lower <= 0.5 && 0.5 <= i.Upper {
			wilson++
		}
	}
	exact := 0.0
	for k := range 51 {
		if i := stats.Proportion(k, 50, 0.95); i.Lower <= 0.5 && 0.5 <= i.Upper {
			n, _ := math.Lgamma(51)
			a, _ := math.Lgamma(float64(k + 1))
			b, _ := math.Lgamma(float64(51 - k))
			exact += math.Exp(n - a - b - 50*math.Ln2)
		}
	}
	least := func(p float64) float64 { return experiments * (p - 3*math.Sqrt(p*(1-p)/experiments)) }
	if float64(student) < least(0.95) || float64(wilson) < least(exact) || exact < 0.93 {
		t.Errorf("50 %% lies in %d of %d t intervals and %d of Wilson's (%.1f %% are due)", student, experiments, wilson, 100*exact)
	}
	t.Logf("of %d: t %d, Wilson %d, %.1f %% are due", experiments, student, wilson, 100*exact)
}

// TestPermutationIsUniform: without information p-values of shuffled labels are uniform, in each of the paper's tasks.
func TestPermutationIsUniform(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	var pictures []Picture
	for _, shape := range []string{"a", "b", "c", "d"} {
		for _, colour := range []string{"red", "green", "blue", "black"} {
			pictures = append(pictures, Picture{"shape", shape, colour})
		}
	}
	const experiments, shuffles = 300, 99
	for _, task := range Tasks() {
		score := func(s Similarities, of []int) float64 {
			own := slices.Clone(of)
			for i, c := range own {
				if !task.Takes(pictures[c]) {
					own[i] = -1
				}
			}
			d, _, err := s.Judge(Rule{Ties: Half, Against: func(i, c int) bool { return task.Against(pictures[of[i]], pictures[c]) }}, own)
			if err != nil {
				t.Fatal(err)
			}
			return d.Mean()
		}
		var ps []float64
		for range experiments {
			made, truth := scene(r, len(pictures), 20, 0)
			s, _, err := Correlations(made, truth)
			if err != nil {
				t.Fatal(err)
			}
			got := score(s, diagonal(len(pictures)))
			// Ties between shuffles are broken at random: scores have few values.
			above, ties := 0, 0
			for range shuffles {
				switch x := score(s, r.Perm(len(pictures))); {
				case math.Abs(x-got) < 1e-12:
					ties++
				case x > got:
					above++
				}
			}
			ps = append(ps, (float64(above+r.IntN(ties+1))+r.Float64())/(shuffles+1))
		}
		slices.Sort(ps)
		d := 0.0
		for i, p := range ps {
			d = max(d, p-float64(i)/experiments, float64(i+1)/experiments-p)
		}
		// Kolmogorov's 99.9 % quantile.
		if limit := 1.949 / math.Sqrt(experiments); d > limit {
			t.Errorf("%s: p-values are %.3f from uniform, want at most %.3f", task, d, limit)
		}
	}
}

// TestTiesInTasks: strict counts none of the ties, lenient all, half each half; order does not matter.
func TestTiesInTasks(t *testing.T) {
	s := Similarities{{1, 1, 0, 2, math.NaN()}, {math.NaN(), 1, 0, 2, 1}}
	for ties, want := range map[Ties]float64{Strict: 1.0 / 3, Lenient: 2.0 / 3, Half: 0.5} {
		d, _, err := s.Judge(Rule{Ties: ties}, []int{0, -1})
		if err != nil || math.Abs(d.Pairwise[0]-want) > 1e-15 || d.Others[0] != 3 || d.Best[0] {
			t.Errorf("%v: %v of %v, want %g: %v", ties, d.Pairwise, d.Others, want, err)
		}
	}
	// A reconstruction without a similarity to its own original fails against all.
	if d, _, err := s.Judge(Rule{Ties: Lenient}, []int{-1, 0}); err != nil || d.Pairwise[0] != 0 || d.Others[0] != 4 || d.Best[0] {
		t.Errorf("without its own %+v, %v", d, err)
	}
}

// FuzzJudge: any similarities, NaN and infinite ones among them, give fractions within 0 and 1, in the order strict,
// half, lenient, and half is the mean of the two others.
func FuzzJudge(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9}, uint8(3), uint8(1))
	f.Add([]byte{255, 255, 254, 0, 0, 0, 254, 253, 1}, uint8(3), uint8(2))
	f.Add([]byte{}, uint8(0), uint8(0))
	f.Fuzz(func(t *testing.T, raw []byte, candidates, mask uint8) {
		n := int(candidates%16) + 1
		var s Similarities
		for len(raw) >= n && len(s) < 50 {
			row := make([]float64, n)
			for c, b := range raw[:n] {
				switch row[c] = float64(b) / 8; b {
				case 255:
					row[c] = math.NaN()
				case 254:
					row[c] = math.Inf(1)
				case 253:
					row[c] = math.Inf(-1)
				}
			}
			s, raw = append(s, row), raw[n:]
		}
		own := make([]int, len(s))
		for i := range own {
			own[i] = (i*7+int(mask))%(n+1) - 1
		}
		rule := Rule{Against: func(i, c int) bool { return (i+c)&int(mask) == 0 }}
		var by [3]Identification
		for _, ties := range []Ties{Strict, Lenient, Half} {
			rule.Ties = ties
			d, which, err := s.Judge(rule, own)
			if err != nil || len(which) != len(d.Pairwise) {
				t.Fatal(which, err)
			}
			by[ties] = d
		}
		for k := range by[Strict].Pairwise {
			a, b, c := by[Strict].Pairwise[k], by[Half].Pairwise[k], by[Lenient].Pairwise[k]
			if !(0 <= a && a <= b && b <= c && c <= 1) || math.Abs((a+c)/2-b) > 1e-12 {
				t.Errorf("strict %g, half %g, lenient %g", a, b, c)
			}
			if by[Strict].Best[k] && a != 1 || by[Strict].Others[k] < 1 {
				t.Errorf("best of all with %g of %d", a, by[Strict].Others[k])
			}
		}
	})
}
