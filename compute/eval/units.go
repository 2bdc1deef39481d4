package eval

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"

	"reverie/compute/stats"
)

// UnitAccuracy is the feature decoding accuracy of a layer as in Supplementary
// Fig. 1 of the paper: the correlation between decoded and true values of each
// unit over samples, averaged over units. Units stream past in blocks, so that
// a layer of millions is never in memory. The zero value with its Trials is
// ready; one goroutine at a time may use it.
//
// Results depend on the order of the units, not on how they are cut into blocks
// nor on the number of processors.
type UnitAccuracy struct {
	Trials Trials

	pairing *pairing
	samples int
	moments stats.Moments
	left    int
	bins    [accuracyBins]int
}

// accuracyBins is the number of the histogram's bins from −1 to 1, each 0.05 wide.
const accuracyBins = 40

// UnitSummary is what a UnitAccuracy comes to.
type UnitSummary struct {
	Units   int `json:"units"`   // that have a correlation
	Left    int `json:"left"`    // units left out: constant over the samples, decoded or true, or not finite
	Samples int `json:"samples"` // each correlation is over so many; 0 where only correlations were added
	// Accuracy is the mean over units with its interval across units: Student's
	// t, which for so many units is the normal one. Neighbouring units are not
	// independent: the interval says how well the mean over this layer's units is
	// known, as the paper's does, not how it would vary over subjects. Nil with
	// fewer than two units.
	Accuracy *stats.Interval `json:"accuracy"`
	// Histogram counts units with r in [−1 + i/20, −1 + (i+1)/20), the last bin
	// with its upper edge, as numpy.histogram(r, 40, (-1, 1)).
	Histogram []int `json:"histogram"`
}

// Add takes the next units: decoded [sample][unit] and true [stimulus][unit]
// features. It gives each unit's correlation, NaN where it has none. All blocks
// have the same samples and stimuli; rows are not kept.
func (a *UnitAccuracy) Add(decoded, truth [][]float32) ([]float64, error) {
	if a.pairing == nil {
		p, err := a.Trials.pair(len(decoded), len(truth))
		if err != nil {
			return nil, fmt.Errorf("unit accuracy: %w", err)
		}
		if len(p.own) < 2 {
			return nil, errors.New("unit accuracy: 1 sample, want at least 2")
		}
		a.pairing = &p
	}
	units, err := a.pairing.check(decoded, truth)
	if err != nil {
		return nil, fmt.Errorf("unit accuracy: %w", err)
	}
	a.samples = len(a.pairing.own)
	r := a.pairing.profiles(decoded, truth, units)
	a.count(r)
	return r, nil
}

// AddCorrelations takes units whose correlations are known, for instance the
// means over folds that MeanOverFolds gives. NaN counts as left out.
func (a *UnitAccuracy) AddCorrelations(r []float64) error {
	for u, x := range r {
		if x < -1 || x > 1 {
			return fmt.Errorf("unit accuracy: unit %d has the correlation %g", u, x)
		}
	}
	a.count(r)
	return nil
}

func (a *UnitAccuracy) count(r []float64) {
	for _, x := range r {
		if math.IsNaN(x) {
			a.left++
			continue
		}
		a.moments.Add(x)
		a.bins[bin(x)]++
	}
}

// bin is the histogram's bin of −1 ≤ x ≤ 1. Edges are 0.05·i − 1, as
// numpy.linspace rounds them.
func bin(x float64) int {
	const width = 2.0 / accuracyBins
	i := min(int((x+1)/width), accuracyBins-1)
	switch {
	case x < float64(i)*width-1:
		i--
	case i < accuracyBins-1 && x >= float64(i+1)*width-1:
		i++
	}
	return i
}

// Summary is the accuracy over the units so far, with an interval of the given
// level (0.95 in the paper).
func (a *UnitAccuracy) Summary(level float64) UnitSummary {
	out := UnitSummary{Units: a.moments.N(), Left: a.left, Samples: a.samples, Histogram: append([]int(nil), a.bins[:]...)}
	if i := a.moments.Interval(level, "units"); i.Defined() {
		out.Accuracy = &i
	}
	return out
}

// profiles are the correlations of each unit over the compared rows.
func (p *pairing) profiles(decoded, truth [][]float32, units int) []float64 {
	r := make([]float64, units)
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	const piece = 1024 // units: a sample's piece is read in one go
	for w := range workers {
		wg.Go(func() {
			n := len(p.own)
			row := make([]float64, piece)
			x, y := make([]float64, piece*n), make([]float64, piece*n)
			for from := w * piece; from < units; from += workers * piece {
				row := row[:min(piece, units-from)]
				for k, own := range p.own {
					p.row(k, decoded, from, row)
					for j, v := range row {
						x[j*n+k], y[j*n+k] = v, float64(truth[own][from+j])
					}
				}
				for j := range row {
					r[from+j] = Correlation(x[j*n:(j+1)*n], y[j*n:(j+1)*n])
				}
			}
		})
	}
	wg.Wait()
	return r
}

// MeanOverFolds pools cross-validation folds: by unit the mean of the
// correlations [fold][unit] without NaN ones (np.nanmean over folds, as the
// lab's cv_evaluation.py has it); NaN where no fold has one.
func MeanOverFolds(r [][]float64) ([]float64, error) {
	if len(r) == 0 {
		return nil, errors.New("mean over folds: no folds")
	}
	out := make([]float64, len(r[0]))
	for f := range r {
		if len(r[f]) != len(out) {
			return nil, fmt.Errorf("mean over folds: fold %d has %d units, want %d", f+1, len(r[f]), len(out))
		}
	}
	for u := range out {
		n := 0.0
		for f := range r {
			if x := r[f][u]; x == x {
				out[u] += x
				n++
			}
		}
		out[u] /= n
	}
	return out, nil
}
