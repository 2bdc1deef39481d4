package eval

import (
	"errors"
	"fmt"
	"math"
)

// PatternAccuracy measures decoded features sample by sample, as the lab's
// evaluation does beside the profile correlation: Pearson's r over units between
// decoded and true features, z-scored with the training features' mean and
// deviation, and pairwise identification on the raw features (kamitani.md §6).
// Units stream past in blocks; what is kept are samples × stimuli numbers. The
// zero value with its Trials is ready; one goroutine at a time may use it.
//
// Results do not depend on the number of processors; how the units are cut into
// blocks decides the last digits.
type PatternAccuracy struct {
	Trials Trials
	Rule   Rule // of the identification; the zero value is bdpy's

	pairing      *pairing
	scaled       bool
	pattern, raw *cross
	out          PatternSummary
	x, y, zx, zy [][]float64 // buffers of one piece
}

// PatternSummary is what a PatternAccuracy comes to.
type PatternSummary struct {
	// Pattern is the pattern correlation of each compared row: of each decoded
	// sample, or of each stimulus that has one where they are averaged. NaN where
	// a row is constant.
	Pattern []float64
	// Identification is among all stimuli's true features. Columns are its units left out.
	Identification Identification
	// Own is the stimulus of each row.
	Own []int
	// Units that count in the pattern correlation, and Left that do not: NaN in
	// a sample or a stimulus, or without variance in training.
	Units, Left int
}

// patternPiece is the number of units that are correlated at a time, to stay in cache.
const patternPiece = 512

// Add takes the next units: decoded [sample][unit] and true [stimulus][unit]
// features, and mean and deviation (ddof 1) per unit of the training features,
// y_mean and y_norm of the decoders; nil for both leaves the values as they are.
func (a *PatternAccuracy) Add(decoded, truth [][]float32, mean, sd []float32) error {
	if a.pairing == nil {
		p, err := a.Trials.pair(len(decoded), len(truth))
		if err != nil {
			return fmt.Errorf("pattern accuracy: %w", err)
		}
		a.pairing, a.scaled = &p, mean != nil
		a.pattern = newCross(len(p.own), len(truth), p.own)
		a.raw = newCross(len(p.own), len(truth), nil)
	}
	units, err := a.pairing.check(decoded, truth)
	if err != nil {
		return fmt.Errorf("pattern accuracy: %w", err)
	}
	if (mean != nil) != a.scaled || (sd != nil) != a.scaled || (a.scaled && (len(mean) != units || len(sd) != units)) {
		return fmt.Errorf("pattern accuracy: %d means and %d deviations for %d units: give both for all blocks or for none", len(mean), len(sd), units)
	}
	for from := 0; from < units; from += patternPiece {
		a.piece(decoded, truth, mean, sd, from, min(from+patternPiece, units))
	}
	return nil
}

func (a *PatternAccuracy) piece(decoded, truth [][]float32, mean, sd []float32, from, to int) {
	p := a.pairing
	a.x, a.y = sized(a.x, len(p.own), to-from), sized(a.y, len(truth), to-from)
	for k := range p.own {
		p.row(k, decoded, from, a.x[k])
	}
	for s := range truth {
		for j := range a.y[s] {
			a.y[s][j] = float64(truth[s][from+j])
		}
	}
	width := to - from
	// A unit that is NaN in any row of either side takes no part.
	keep := make([]bool, width)
	for j := range keep {
		keep[j] = true
	}
	for _, rows := range [][][]float64{a.x, a.y} {
		for _, v := range rows {
			for j, x := range v {
				keep[j] = keep[j] && x == x
			}
		}
	}
	kept := squeeze(a.x, keep)
	squeeze(a.y, keep)
	a.out.Identification.Columns += width - kept
	a.out.Left += width - kept
	if kept == 0 {
		return
	}
	if !a.scaled {
		// cross.add centres in place, which changes no correlation; without z-scores both are the same.
		a.raw.add(a.x, a.y)
		a.out.Units += kept
		return
	}
	m, s := make([]float64, 0, kept), make([]float64, 0, kept)
	usable := make([]bool, 0, kept)
	for j, ok := range keep {
		if ok {
			mu, sigma := float64(mean[from+j]), float64(sd[from+j])
			m, s = append(m, mu), append(s, sigma)
			usable = append(usable, sigma > 0 && mu-mu == 0 && !math.IsInf(sigma, 0))
		}
	}
	a.zx, a.zy = sized(a.zx, len(a.x), kept), sized(a.zy, len(a.y), kept)
	zscore(a.zx, a.x, m, s)
	zscore(a.zy, a.y, m, s)
	a.raw.add(a.x, a.y)
	kept = squeeze(a.zx, usable)
	squeeze(a.zy, usable)
	a.out.Left += len(usable) - kept
	a.out.Units += kept
	if kept > 0 {
		a.pattern.add(a.zx, a.zy)
	}
}

// Summary gives the results over the units so far. An error is fewer than two
// usable units or stimuli.
func (a *PatternAccuracy) Summary() (PatternSummary, error) {
	if a.pairing == nil {
		return PatternSummary{}, errors.New("pattern accuracy: no units were added")
	}
	out := a.out
	p := a.pairing
	out.Own = append([]int(nil), p.own...)
	out.Identification.Candidates, out.Identification.Ties = p.stimuli, a.Rule.Ties
	if out.Units < 2 {
		return out, fmt.Errorf("pattern accuracy: %d of %d units can be used, want at least 2", out.Units, out.Units+out.Left)
	}
	if p.stimuli < 2 {
		return out, fmt.Errorf("identification among %d stimuli, want at least 2", p.stimuli)
	}
	r := make([][]float64, len(p.own))
	for i, own := range p.own {
		r[i] = make([]float64, p.stimuli)
		for j := range r[i] {
			r[i][j] = a.raw.of(i, j)
		}
		pattern := r[i][own]
		if a.scaled {
			pattern = a.pattern.of(i, own)
		}
		out.Pattern = append(out.Pattern, pattern)
	}
	return out, out.Identification.judge(a.Rule, r, p.own)
}

// sized gives n rows of the given width, in the memory of rows where that suffices.
func sized(rows [][]float64, n, width int) [][]float64 {
	if len(rows) != n {
		rows = make([][]float64, n)
	}
	for i := range rows {
		if cap(rows[i]) < width {
			rows[i] = make([]float64, width, patternPiece)
		}
		rows[i] = rows[i][:width]
	}
	return rows
}

// squeeze leaves the kept columns in place and gives their number.
func squeeze(rows [][]float64, keep []bool) int {
	kept := 0
	for _, ok := range keep {
		if ok {
			kept++
		}
	}
	if kept == len(keep) {
		return kept
	}
	for i, v := range rows {
		at := 0
		for j, ok := range keep {
			if ok {
				v[at] = v[j]
				at++
			}
		}
		rows[i] = v[:kept]
	}
	return kept
}

// zscore fills out with rows less mean by sd.
func zscore(out, rows [][]float64, mean, sd []float64) {
	for i, v := range rows {
		for j, x := range v {
			out[i][j] = (x - mean[j]) / sd[j]
		}
	}
}
