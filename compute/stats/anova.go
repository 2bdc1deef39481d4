package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Effect is a row of an analysis of variance.
type Effect struct {
	Name  string  `json:"name"`
	SS    float64 `json:"ss"`
	DF    float64 `json:"df"`
	Error float64 `json:"df_error"`
	F     float64 `json:"f"`
	P     float64 `json:"p"`
	// PartialEta2 is SS / (SS + SS of its error).
	PartialEta2 float64 `json:"partial_eta_squared"`
	// Epsilon is Greenhouse and Geisser's, of a within effect; PCorrected is p with both degrees of freedom times it.
	Epsilon    float64 `json:"greenhouse_geisser,omitempty"`
	PCorrected float64 `json:"p_corrected,omitempty"`
}

// Anova is an analysis of variance with two factors and their interaction.
type Anova struct {
	Method  string   `json:"method"`
	N       int      `json:"n"` // observations
	Effects []Effect `json:"effects"`
}

// Interaction is the last effect.
func (a Anova) Interaction() Effect { return a.Effects[len(a.Effects)-1] }

// Observation is one value with the levels of both factors.
type Observation struct {
	A, B string
	Y    float64
}

// Between is a two-way analysis of variance between units: every observation is of a unit of its own. Sums of
// squares are of type III (effects coded to sum to zero), so cells may hold different numbers; each needs one
// observation at least, and some more than one. names are those of the factors.
func Between(names [2]string, obs []Observation) (Anova, error) {
	out := Anova{Method: "two-way ANOVA between, type III sums of squares", N: len(obs)}
	a, b := levels(obs, func(o Observation) string { return o.A }), levels(obs, func(o Observation) string { return o.B })
	if len(a) < 2 || len(b) < 2 {
		return out, fmt.Errorf("anova: %d levels of %s and %d of %s, want at least 2 of each", len(a), names[0], len(b), names[1])
	}
	cell := map[[2]string]int{}
	for i, o := range obs {
		if math.IsNaN(o.Y) || math.IsInf(o.Y, 0) {
			return out, fmt.Errorf("anova: observation %d is %g: leave it out first", i, o.Y)
		}
		cell[[2]string{o.A, o.B}]++
	}
	if len(cell) < len(a)*len(b) {
		return out, fmt.Errorf("anova: %d of %d combinations of %s and %s have no observation", len(a)*len(b)-len(cell), len(a)*len(b), names[0], names[1])
	}
	free := len(obs) - len(cell)
	if free < 1 {
		return out, errors.New("anova: one observation in each cell leaves no error between units: use the analysis within units")
	}
	ka, kb := len(a)-1, len(b)-1
	rows := make([][]float64, len(obs))
	y := make([]float64, len(obs))
	for i, o := range obs {
		ca, cb := contrast(a, o.A), contrast(b, o.B)
		row := append([]float64{1}, append(slices.Clone(ca), cb...)...)
		for _, u := range ca {
			for _, v := range cb {
				row = append(row, u*v)
			}
		}
		rows[i], y[i] = row, o.Y
	}
	terms := []struct {
		name     string
		from, to int
	}{{names[0], 1, 1 + ka}, {names[1], 1 + ka, 1 + ka + kb}, {names[0] + " × " + names[1], 1 + ka + kb, 1 + ka + kb + ka*kb}}
	full, err := residual(rows, y, 0, 0)
	if err != nil {
		return out, err
	}
	for _, t := range terms {
		without, err := residual(rows, y, t.from, t.to)
		if err != nil {
			return out, err
		}
		out.Effects = append(out.Effects, effect(t.name, max(0, without-full), float64(t.to-t.from), full, float64(free)))
	}
	return out, nil
}

// effect tests a sum of squares against that of its error.
func effect(name string, ss, df, ssError, dfError float64) Effect {
	e := Effect{Name: name, SS: ss, DF: df, Error: dfError, F: ss / df / (ssError / dfError), PartialEta2: ss / (ss + ssError)}
	e.P = upperF(e.F, df, dfError)
	return e
}

// upperF is the probability of a greater F.
func upperF(f, d1, d2 float64) float64 {
	if math.IsNaN(f) {
		return math.NaN()
	}
	if math.IsInf(f, 1) {
		return 0
	}
	return distuv.F{D1: d1, D2: d2}.Survival(f)
}

// levels lists those of a factor in order of appearance.
func levels(obs []Observation, of func(Observation) string) (out []string) {
	for _, o := range obs {
		if l := of(o); !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// contrast codes a level so that the columns of all levels sum to zero.
func contrast(all []string, level string) []float64 {
	out := make([]float64, len(all)-1)
	if i := slices.Index(all, level); i < len(out) {
		out[i] = 1
		return out
	}
	for i := range out {
		out[i] = -1
	}
	return out
}

// residual is the sum of squares that a regression on all columns but from … to−1 leaves.
func residual(rows [][]float64, y []float64, from, to int) (float64, error) {
	keep := len(rows[0]) - (to - from)
	x := mat.NewDense(len(rows), keep, nil)
	for i, r := range rows {
		x.SetRow(i, append(slices.Clone(r[:from]), r[to:]...))
	}
	var qr mat.QR
	qr.Factorize(x)
	var beta, fit mat.VecDense
	v := mat.NewVecDense(len(y), y)
	if err := qr.SolveVecTo(&beta, false, v); err != nil {
		return 0, fmt.Errorf("anova: %w", err)
	}
	fit.MulVec(x, &beta)
	sum := 0.0
	for i := range y {
		d := y[i] - fit.AtVec(i)
		sum += d * d
	}
	return sum, nil
}

// Within is a two-way analysis of variance within units: y[unit][a][b] holds a value of every unit in every cell, so
// each effect is tested against its own interaction with units.
func Within(names [2]string, y [][][]float64) (Anova, error) {
	out := Anova{Method: "two-way ANOVA within (repeated measures)"}
	n := len(y)
	if n < 2 || len(y[0]) < 2 || len(y[0][0]) < 2 {
		return out, errors.New("anova within: want at least two units and two levels of each factor")
	}
	na, nb := len(y[0]), len(y[0][0])
	for u := range y {
		if len(y[u]) != na {
			return out, fmt.Errorf("anova within: unit %d has %d levels of %s, want %d", u, len(y[u]), names[0], na)
		}
		for a := range y[u] {
			if len(y[u][a]) != nb {
				return out, fmt.Errorf("anova within: unit %d has %d levels of %s, want %d", u, len(y[u][a]), names[1], nb)
			}
			for _, v := range y[u][a] {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					return out, fmt.Errorf("anova within: a value of unit %d is %g: leave the unit out first", u, v)
				}
			}
		}
	}
	out.N = n * na * nb
	ca, cb := helmert(na), helmert(nb)
	one := func(k int) [][]float64 { // the mean over a factor, of length 1
		c := make([]float64, k)
		for i := range c {
			c[i] = 1 / math.Sqrt(float64(k))
		}
		return [][]float64{c}
	}
	for _, t := range []struct {
		name string
		a, b [][]float64
	}{{names[0], ca, one(nb)}, {names[1], one(na), cb}, {names[0] + " × " + names[1], ca, cb}} {
		out.Effects = append(out.Effects, within(t.name, y, t.a, t.b))
	}
	return out, nil
}

// within tests contrasts, each a product of one over each factor, that are orthonormal: their means over units are
// the effect, their spread over units is the error.
func within(name string, y [][][]float64, ca, cb [][]float64) Effect {
	n, k := len(y), len(ca)*len(cb)
	z := make([][]float64, n) // [unit][contrast]
	for u := range y {
		for _, a := range ca {
			for _, b := range cb {
				s := 0.0
				for i := range a {
					for j := range b {
						s += a[i] * b[j] * y[u][i][j]
					}
				}
				z[u] = append(z[u], s)
			}
		}
	}
	mean := make([]float64, k)
	for _, r := range z {
		for c, v := range r {
			mean[c] += v / float64(n)
		}
	}
	ss, trace, square, ssError := 0.0, 0.0, 0.0, 0.0
	for c := range k {
		ss += float64(n) * mean[c] * mean[c]
		for d := range k {
			s := 0.0
			for _, r := range z {
				s += (r[c] - mean[c]) * (r[d] - mean[d])
			}
			if c == d {
				ssError += s
				trace += s
			}
			square += s * s
		}
	}
	e := effect(name, ss, float64(k), ssError, float64(k*(n-1)))
	e.Epsilon = min(1, trace*trace/(float64(k)*square))
	e.PCorrected = upperF(e.F, e.DF*e.Epsilon, e.Error*e.Epsilon)
	return e
}

// helmert gives orthonormal contrasts of k levels.
func helmert(k int) [][]float64 {
	out := make([][]float64, k-1)
	for i := range out {
		c := make([]float64, k)
		norm := math.Sqrt(float64((i + 1) * (i + 2)))
		for j := range i + 1 {
			c[j] = 1 / norm
		}
		c[i+1] = -float64(i+1) / norm
		out[i] = c
	}
	return out
}
