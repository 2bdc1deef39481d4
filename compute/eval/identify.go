package eval

import (
	"fmt"
	"math"
	"runtime"
	"sync"
)

// Ties says what it is worth when another candidate is exactly as like a
// reconstruction as its own.
type Ties uint8

const (
	// Strict counts a tie as a failure, as bdpy does.
	Strict Ties = iota
	// Lenient counts a tie as a success, as the GOD category identification does.
	Lenient
	// Half counts a tie as half a success, so that chance stays at 50 %. Best is strict.
	Half
)

func (t Ties) String() string {
	return [...]string{"ties fail", "ties succeed", "ties count half"}[t]
}

// Rule says how identification is done. The zero value is bdpy's.
type Rule struct {
	Ties Ties
	// Against says whether candidate c may stand against reconstruction i, for
	// instance whether they are of one type as in the paper; nil lets all.
	// The own candidate always takes part.
	Against func(i, c int) bool
}

// Identification is how often a reconstruction is more like its own original
// than like another.
type Identification struct {
	// Pairwise is, per reconstruction, the fraction of the other candidates that are less like it than its own; chance is 0.5.
	Pairwise []float64
	// Best is, per reconstruction, whether no candidate is as like it as its own: one of all; chance is 1/(Others+1).
	Best []bool
	// Others is, per reconstruction, how many other candidates it was compared with.
	Others []int
	// Candidates is the number of originals.
	Candidates int
	// Columns left out because a reconstruction or an original has a NaN there.
	Columns int
	Ties    Ties
}

// Mean is the mean pairwise accuracy over reconstructions.
func (d Identification) Mean() float64 {
	sum := 0.0
	for _, p := range d.Pairwise {
		sum += p
	}
	return sum / float64(len(d.Pairwise))
}

// Correct is the number of reconstructions whose own original is the most alike of all.
func (d Identification) Correct() int {
	k := 0
	for _, b := range d.Best {
		if b {
			k++
		}
	}
	return k
}

// Identify compares reconstructions with all candidate originals by
// correlation, strictly; own[i] is the candidate of reconstruction i.
func Identify[T Float](recon, candidates [][]T, own []int) (Identification, error) {
	return IdentifyBy(Rule{}, recon, candidates, own)
}

// IdentifyBy compares reconstructions with candidate originals by correlation
// under a rule. It gives bdpy.evals.metrics.pairwise_identification for the
// zero Rule: columns with a NaN anywhere are left out; a candidate without a
// correlation (a constant one) is left out of the comparison; a reconstruction
// without a correlation to its own original scores 0. Where no other candidate
// is left bdpy gives 0/0, IdentifyBy an error. (A constant vector whose mean is
// rounded, such as 0.1 throughout, has a correlation in SciPy that is nothing
// but rounding errors; here it has none.)
func IdentifyBy[T Float](rule Rule, recon, candidates [][]T, own []int) (Identification, error) {
	out := Identification{Candidates: len(candidates), Ties: rule.Ties}
	if len(candidates) < 2 {
		return out, fmt.Errorf("identification among %d originals, want at least 2", len(candidates))
	}
	if len(recon) == 0 || len(own) != len(recon) {
		return out, fmt.Errorf("identification: %d reconstructions with %d own originals", len(recon), len(own))
	}
	for i, c := range own {
		if c < 0 || c >= len(candidates) {
			return out, fmt.Errorf("identification: reconstruction %d is of original %d of %d", i, c, len(candidates))
		}
	}
	recon, candidates, columns, err := dropNaN(recon, candidates)
	if err != nil {
		return out, fmt.Errorf("identification: %w", err)
	}
	out.Columns = columns
	return out, out.judge(rule, correlations(recon, candidates), own)
}

// judge fills in the scores; r are the correlations of every reconstruction with every candidate.
func (d *Identification) judge(rule Rule, r [][]float64, own []int) error {
	for i := range r {
		p, best, others := rule.score(i, r[i], own[i])
		if others == 0 {
			return fmt.Errorf("identification: reconstruction %d has no other original to stand against", i)
		}
		d.Pairwise = append(d.Pairwise, p)
		d.Best = append(d.Best, best)
		d.Others = append(d.Others, others)
	}
	return nil
}

// score is the fraction of candidates beaten, whether all are, and how many there are.
func (rule Rule) score(i int, r []float64, own int) (fraction float64, best bool, others int) {
	won, all := 0.0, true
	defined := !math.IsNaN(r[own])
	for c, x := range r {
		if c == own || (defined && math.IsNaN(x)) || (rule.Against != nil && !rule.Against(i, c)) {
			continue
		}
		others++
		switch {
		case x < r[own]:
			won++
		case x == r[own] && rule.Ties == Lenient:
			won++
		case x == r[own] && rule.Ties == Half:
			won += 0.5
			all = false
		default:
			all = false
		}
	}
	if others == 0 {
		return 0, false, 0
	}
	return won / float64(others), all && defined, others
}

// correlations are of every reconstruction with every candidate.
func correlations[T Float](recon, candidates [][]T) [][]float64 {
	mc := make([]moments, len(candidates))
	for c, v := range candidates {
		mc[c] = momentsOf(v)
	}
	r := make([][]float64, len(recon))
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(recon); i += workers {
				m := momentsOf(recon[i])
				r[i] = make([]float64, len(candidates))
				for c, v := range candidates {
					r[i][c] = correlate(recon[i], v, m, mc[c])
				}
			}
		})
	}
	wg.Wait()
	return r
}

// dropNaN leaves out the columns in which any vector of a or b is NaN, and counts them.
func dropNaN[T Float](a, b [][]T) ([][]T, [][]T, int, error) {
	n := len(a[0])
	bad := make([]bool, n)
	dropped := 0
	for _, set := range [][][]T{a, b} {
		for _, v := range set {
			if len(v) != n || n == 0 {
				return nil, nil, 0, fmt.Errorf("vectors of %d and %d values, want one length and at least 1", n, len(v))
			}
			for j, x := range v {
				if x != x && !bad[j] {
					bad[j] = true
					dropped++
				}
			}
		}
	}
	if dropped == 0 {
		return a, b, 0, nil
	}
	if n-dropped < 2 {
		return nil, nil, 0, fmt.Errorf("only %d of %d columns are without NaN, want at least 2", n-dropped, n)
	}
	keep := func(set [][]T) [][]T {
		out := make([][]T, len(set))
		for i, v := range set {
			for j, x := range v {
				if !bad[j] {
					out[i] = append(out[i], x)
				}
			}
		}
		return out
	}
	return keep(a), keep(b), dropped, nil
}
