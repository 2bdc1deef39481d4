package stats

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// drawn is testdata/stats/tests.json, made by SciPy, statsmodels and pingouin.
type drawn struct {
	Ranks []struct {
		X            []float64
		Statistic, P float64
	} `json:"ranks_with_ties"`
	Between []struct {
		A, B         []string
		Y            []float64
		SS, DF, F, P []float64
		DFError      float64 `json:"df_error"`
		Eta          []float64
	}
	Within []struct {
		Y          [][][]float64
		F, DF, P   []float64
		DFError    []float64 `json:"df_error"`
		Eps, Eta   []float64
		PCorrected []float64 `json:"p_corrected"`
	}
	TTests []struct {
		X, Y                    []float64
		T1, P1, T2, DF2, P2, D2 float64
	}
	Holm     []struct{ P, Adjusted []float64 }
	Biserial []struct {
		D []float64
		R float64
	}
	BCa []struct {
		X, Means     []float64
		Lower, Upper float64
	}
}

func readDrawn(t *testing.T) (d drawn) {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/stats/tests.json")
	if err == nil {
		err = json.Unmarshal(raw, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Ranks) < 40 || len(d.Between) < 40 || len(d.Within) != 40 || len(d.TTests) != 40 || len(d.Holm) != 30 || len(d.Biserial) != 20 || len(d.BCa) != 20 {
		t.Fatal("some data sets are missing")
	}
	return d
}

// within1e10 allows 1e-10 of the value, and of 1e-6 for values near zero.
func within1e10(a, b float64) bool { return math.Abs(a-b) <= 1e-10*max(math.Abs(b), 1e-6) }

func TestSignedRankWithTies(t *testing.T) {
	for _, c := range readDrawn(t).Ranks {
		r, err := SignedRank(c.X, 0)
		if err != nil || !within1e10(r.P, c.P) || r.Statistic != c.Statistic {
			t.Errorf("%v: %v, %v, want T = %g, p = %.12g", c.X, r, err, c.Statistic, c.P)
		}
	}
}

func TestBetweenIsStatsmodels(t *testing.T) {
	for k, c := range readDrawn(t).Between {
		var obs []Observation
		for i := range c.Y {
			obs = append(obs, Observation{c.A[i], c.B[i], c.Y[i]})
		}
		a, err := Between([2]string{"a", "b"}, obs)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range a.Effects {
			// A sum of squares is a difference of two: what rounding leaves is of the larger ones' size.
			if math.Abs(e.SS-c.SS[i]) > 1e-10*max(c.SS[i], 1) || e.DF != c.DF[i] || e.Error != c.DFError || math.Abs(e.P-c.P[i]) > 1e-10 || math.Abs(e.PartialEta2-c.Eta[i]) > 1e-10 || math.Abs(e.F-c.F[i]) > 1e-10*max(c.F[i], 1) {
				t.Errorf("data set %d: %+v, want SS %.12g, F %.12g, p %.12g, eta %.12g", k, e, c.SS[i], c.F[i], c.P[i], c.Eta[i])
			}
		}
	}
}

func TestWithinIsPingouin(t *testing.T) {
	for k, c := range readDrawn(t).Within {
		a, err := Within([2]string{"a", "b"}, c.Y)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range a.Effects {
			if !within1e10(e.F, c.F[i]) || e.DF != c.DF[i] || e.Error != c.DFError[i] || math.Abs(e.P-c.P[i]) > 1e-10 || math.Abs(e.PartialEta2-c.Eta[i]) > 1e-10 {
				t.Errorf("data set %d: %+v, want F %.12g, p %.12g", k, e, c.F[i], c.P[i])
			}
			if i < len(c.Eps) && math.Abs(e.Epsilon-c.Eps[i]) > 1e-10 {
				t.Errorf("data set %d: epsilon %.12g, want %.12g", k, e.Epsilon, c.Eps[i])
			}
			if i < len(c.Eps) && math.Abs(e.PCorrected-c.PCorrected[i]) > 1e-9 {
				t.Errorf("data set %d: corrected p %.12g, want %.12g", k, e.PCorrected, c.PCorrected[i])
			}
		}
	}
}

func TestTTests(t *testing.T) {
	for _, c := range readDrawn(t).TTests {
		one, err := OneSample(c.X, 0.1)
		if err != nil || !within1e10(one.T, c.T1) || math.Abs(one.P-c.P1) > 1e-10 {
			t.Errorf("%v: %v, want t = %.12g, p = %.12g", one, err, c.T1, c.P1)
		}
		two, err := Welch(c.X, c.Y)
		if err != nil || !within1e10(two.T, c.T2) || !within1e10(two.DF, c.DF2) || math.Abs(two.P-c.P2) > 1e-10 || !within1e10(two.D, c.D2) {
			t.Errorf("%v: %v, want t = %.12g, df = %.12g, p = %.12g, d = %.12g", two, err, c.T2, c.DF2, c.P2, c.D2)
		}
	}
}

func TestHolm(t *testing.T) {
	for _, c := range readDrawn(t).Holm {
		for i, p := range Holm(c.P) {
			if !within1e10(p, c.Adjusted[i]) {
				t.Errorf("%v: %v, want %v", c.P, Holm(c.P), c.Adjusted)
				break
			}
		}
	}
	if p := Holm([]float64{0.01, math.NaN(), 0.04}); p[0] != 0.02 || !math.IsNaN(p[1]) || p[2] != 0.04 {
		t.Errorf("with one undefined: %v", p)
	}
}

func TestRankBiserial(t *testing.T) {
	for _, c := range readDrawn(t).Biserial {
		if r := RankBiserial(c.D); !within1e10(r, c.R) {
			t.Errorf("%v: %.12g, want %.12g", c.D, r, c.R)
		}
	}
	if !math.IsNaN(RankBiserial([]float64{0, 0})) {
		t.Error("without a difference it is defined")
	}
}

func TestBCaIsSciPys(t *testing.T) {
	for _, c := range readDrawn(t).BCa {
		if l, u := bca(c.X, c.Means, 0.95); !within1e10(l, c.Lower) || !within1e10(u, c.Upper) {
			t.Errorf("[%.12g, %.12g], want [%.12g, %.12g]", l, u, c.Lower, c.Upper)
		}
	}
}

// TestIntervalsCover draws many samples of a known mean: about 95 of 100 intervals hold it.
func TestIntervalsCover(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var student, boot int
	const draws = 600
	for k := range draws {
		x := make([]float64, 40)
		for i := range x {
			x[i] = r.NormFloat64() + 2
		}
		if i := Mean(x, 0.95); i.Lower <= 2 && 2 <= i.Upper {
			student++
		}
		if i := Bootstrap(x, 0.95, 400, uint64(k)); i.Lower <= 2 && 2 <= i.Upper {
			boot++
		}
	}
	// Four standard errors of 600 draws are 3.6 %.
	if f := float64(student) / draws; f < 0.914 {
		t.Errorf("Student's interval covers in %.3f", f)
	}
	if f := float64(boot) / draws; f < 0.90 {
		t.Errorf("the bootstrap's interval covers in %.3f", f)
	}
}

func TestBootstrapIsSeeded(t *testing.T) {
	x := []float64{1, 2, 4, 8, 16}
	a, b := Bootstrap(x, 0.95, 500, 7), Bootstrap(x, 0.95, 500, 7)
	if a != b || !a.Defined() {
		t.Errorf("%v and %v", a, b)
	}
	if c := Bootstrap(x, 0.95, 500, 8); c.Lower == a.Lower && c.Upper == a.Upper {
		t.Error("another seed gives the same interval")
	}
	if Bootstrap([]float64{1}, 0.95, 10, 1).Defined() || Bootstrap([]float64{2, 2}, 0.95, 10, 1).Defined() {
		t.Error("an interval without spread is defined")
	}
}

func TestAnalysesRefuse(t *testing.T) {
	bad := math.NaN()
	if _, err := Between([2]string{"a", "b"}, []Observation{{"x", "u", 1}, {"y", "u", 2}}); err == nil {
		t.Error("one level was taken")
	}
	full := []Observation{{"x", "u", 1}, {"x", "v", 2}, {"y", "u", 3}, {"y", "v", 4}}
	if _, err := Between([2]string{"a", "b"}, full); err == nil {
		t.Error("an analysis without error was made")
	}
	if _, err := Between([2]string{"a", "b"}, append(full[:3:3], Observation{"x", "u", 4})); err == nil {
		t.Error("an empty cell was taken")
	}
	if _, err := Between([2]string{"a", "b"}, append(slices.Clone(full), Observation{"x", "u", bad})); err == nil {
		t.Error("NaN was taken")
	}
	for _, y := range [][][][]float64{nil, {{{1, 2}, {3, 4}}}, {{{1, 2}, {3, 4}}, {{1, 2}}}, {{{1, 2}, {3, 4}}, {{1, bad}, {3, 4}}}} {
		if _, err := Within([2]string{"a", "b"}, y); err == nil {
			t.Errorf("%v was taken", y)
		}
	}
	for _, x := range [][]float64{nil, {1}, {2, 2}, {1, bad}} {
		if _, err := OneSample(x, 0); err == nil {
			t.Errorf("%v was tested", x)
		}
	}
}

func TestAPA(t *testing.T) {
	for got, want := range map[string]string{
		PValue(0.0004):     "p < .001",
		PValue(0.0161):     "p = .016",
		PValue(1):          "p = 1.000",
		PValue(math.NaN()): "p undefined",
		Effect{DF: 6, Error: 273, F: 4.823, P: 0.00001, PartialEta2: 0.0958}.APA(): "F(6, 273) = 4.82, p < .001, ηp² = .10",
		TTest{DF: 49, T: -2.014, P: 0.0496, D: -0.285}.APA():                       "t(49) = −2.01, p = .050, d = −0.28",
		Test{N: 50, Statistic: 312.5, P: 0.0161}.APA(-0.337):                       "T = 312.5, n = 50, p = .016, r = −.34",
		Interval{Mean: 0.797, Lower: 0.7712, Upper: 0.8231, Level: 0.95}.APA(true): "M = 79.7 %, 95 % CI [77.1, 82.3]",
		Interval{Mean: -0.05, Lower: -0.1, Upper: 0, Level: 0.9}.APA(false):        "M = −0.05, 90 % CI [−0.10, 0.00]",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if s := (TTest{DF: 3.456, T: 1, P: 0.4, D: 0.1}).APA(); !strings.HasPrefix(s, "t(3.46)") {
		t.Error(s)
	}
}
