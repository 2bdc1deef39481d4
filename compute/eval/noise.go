package eval

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"reverie/compute/brain"
)

// Noise is how much of each voxel's response comes from the stimulus: the most that a reconstruction from these
// samples can rest on. Per voxel; NaN where it is not defined (a constant voxel, or one with a value that is not finite).
type Noise struct {
	// SNR is the noise ceiling signal-to-noise ratio of NSD (Allen et al. 2022): the standard deviation of the
	// responses to stimuli over that of the noise. The variance of the noise is that of the trials of one stimulus
	// (over n − 1), averaged over stimuli with two trials or more; that of the signal is what it leaves of the variance
	// of all samples (over n − 1), at least 0. +Inf without noise.
	SNR []float64
	// Ceiling is the part of the variance of a stimulus's mean over its trials that the stimulus explains, in percent:
	// 100·SNR² / (SNR² + 1/n). Of unequal numbers of trials 1/n is averaged over stimuli, as NSD does.
	Ceiling []float64
	// Half is Pearson's r over stimuli between the means of two halves of the trials, averaged over random splits.
	// A stimulus with an odd number lacks one trial, drawn anew, in each split.
	Half []float64
	// Reliability is Half carried to all trials by Spearman-Brown: 2r / (1 + r). The correction is after averaging,
	// where a single split near −1 cannot spoil it; it may still lie far below 0 where Half is negative.
	Reliability []float64

	Stimuli, Repeated int     // stimuli, and those of two trials or more
	Trials            float64 // per stimulus: the harmonic mean, 1 over the averaged 1/n
	Splits            int
}

// MaxSplits bounds the random splits of NoiseCeiling, all of which are held.
const MaxSplits = 1000

// NoiseCeiling measures samples with repeated stimuli, each row one trial; samples are taken as they are: normalise
// them as the decoders see them first, so that drifts between runs do not count as noise. At least three stimuli
// need two trials or more. Splits are drawn from the seed; equal seeds give equal results.
func NoiseCeiling(s brain.Samples, splits int, seed uint64) (*Noise, error) {
	if splits < 1 || splits > MaxSplits {
		return nil, fmt.Errorf("noise ceiling: %d splits, want 1 to %d", splits, MaxSplits)
	}
	trials, err := repeats(s)
	if err != nil {
		return nil, fmt.Errorf("noise ceiling: %w", err)
	}
	halves := make([][][2][]int, splits)
	for k := range halves {
		halves[k] = split(trials, rand.New(rand.NewPCG(seed, uint64(k))))
	}
	return noise(s, trials, halves), nil
}

// repeats are the rows of each stimulus, in order of first appearance.
func repeats(s brain.Samples) ([][]int, error) {
	if s.Voxels < 1 || len(s.X) != s.Len()*s.Voxels {
		return nil, fmt.Errorf("%d values for %d samples of %d voxels", len(s.X), s.Len(), s.Voxels)
	}
	at := map[string]int{}
	var trials [][]int
	repeated := 0
	for i, l := range s.Labels {
		j, seen := at[l]
		if !seen {
			j = len(trials)
			at[l] = j
			trials = append(trials, nil)
		}
		if trials[j] = append(trials[j], i); len(trials[j]) == 2 {
			repeated++
		}
	}
	if repeated < 3 {
		return nil, fmt.Errorf("%d stimuli were shown more than once, want at least 3: single trials are needed, not their means", repeated)
	}
	return trials, nil
}

// split draws two halves of the trials of each stimulus with at least two.
func split(trials [][]int, r *rand.Rand) (out [][2][]int) {
	for _, t := range trials {
		if len(t) < 2 {
			continue
		}
		t = slices.Clone(t)
		r.Shuffle(len(t), func(i, j int) { t[i], t[j] = t[j], t[i] })
		n := len(t) / 2
		out = append(out, [2][]int{t[:n], t[n : 2*n]})
	}
	return out
}

// noise measures with given halves, [split][stimulus].
func noise(s brain.Samples, trials [][]int, halves [][][2][]int) *Noise {
	out := &Noise{Stimuli: len(trials), Splits: len(halves)}
	each := func() []float64 { return make([]float64, s.Voxels) }
	out.SNR, out.Ceiling, out.Half, out.Reliability = each(), each(), each(), each()
	inverse := 0.0
	for _, t := range trials {
		inverse += 1 / float64(len(t))
		if len(t) > 1 {
			out.Repeated++
		}
	}
	inverse /= float64(len(trials))
	out.Trials = 1 / inverse

	var wg sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), s.Voxels)
	for w := range workers {
		wg.Go(func() {
			x := make([]float64, s.Len())
			a, b := make([]float64, out.Repeated), make([]float64, out.Repeated)
			for v := w; v < s.Voxels; v += workers {
				finite := true
				for i := range x {
					x[i] = s.X[i*s.Voxels+v]
					finite = finite && !math.IsNaN(x[i]) && !math.IsInf(x[i], 0)
				}
				out.SNR[v], out.Ceiling[v], out.Half[v], out.Reliability[v] = math.NaN(), math.NaN(), math.NaN(), math.NaN()
				if !finite || constant(x) {
					continue
				}
				out.SNR[v], out.Ceiling[v] = ceiling(x, trials, inverse)
				out.Half[v], out.Reliability[v] = reliability(x, halves, a, b)
			}
		})
	}
	wg.Wait()
	return out
}

func constant(x []float64) bool {
	return !slices.ContainsFunc(x, func(v float64) bool { return v != x[0] })
}

// ceiling is NSD's, of one voxel that is not constant; inverse is the mean of 1/n.
func ceiling(x []float64, trials [][]int, inverse float64) (snr, percent float64) {
	noise, repeated := 0.0, 0
	var group []float64
	for _, t := range trials {
		if len(t) < 2 {
			continue
		}
		group = group[:0]
		for _, i := range t {
			group = append(group, x[i])
		}
		noise += variance(group)
		repeated++
	}
	noise /= float64(repeated)
	signal := max(0, variance(x)-noise)
	return math.Sqrt(signal / noise), 100 * signal / (signal + noise*inverse)
}

// variance is over n − 1.
func variance(x []float64) float64 {
	mean, sum := 0.0, 0.0
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	for _, v := range x {
		sum += (v - mean) * (v - mean)
	}
	return sum / float64(len(x)-1)
}

// reliability is the mean correlation of halves, and that carried to all trials; a and b hold a value per stimulus.
// Splits without a correlation (a constant half) are left out.
func reliability(x []float64, halves [][][2][]int, a, b []float64) (half, whole float64) {
	n := 0.0
	for _, split := range halves {
		for k, h := range split {
			a[k], b[k] = meanOf(x, h[0]), meanOf(x, h[1])
		}
		if r := Correlation(a, b); r == r {
			half += r
			n++
		}
	}
	half /= n
	return half, 2 * half / (1 + half)
}

func meanOf(x []float64, rows []int) float64 {
	sum := 0.0
	for _, i := range rows {
		sum += x[i]
	}
	return sum / float64(len(rows))
}

// Spread summarises a quantity over voxels.
type Spread struct {
	Voxels int     `json:"voxels"` // that have it
	Left   int     `json:"left"`   // without it: constant voxels, or values that are not finite
	Mean   float64 `json:"mean"`
	Lower  float64 `json:"lower_quartile"`
	Median float64 `json:"median"`
	Upper  float64 `json:"upper_quartile"`
}

// Summarise gives the spread of values, one per voxel; those that are not finite are left out and counted. Quartiles are interpolated
// linearly, as numpy.percentile.
func Summarise(values []float64) (Spread, error) {
	var out Spread
	x := make([]float64, 0, len(values))
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			out.Left++
			continue
		}
		x = append(x, v)
		out.Mean += v
	}
	if out.Voxels = len(x); len(x) == 0 {
		return out, errors.New("no voxel has a value: all are constant or not finite")
	}
	out.Mean /= float64(len(x))
	slices.Sort(x)
	at := func(p float64) float64 {
		i := p * float64(len(x)-1)
		k := min(int(i), len(x)-1)
		return x[k] + (i-float64(k))*(x[min(k+1, len(x)-1)]-x[k])
	}
	out.Lower, out.Median, out.Upper = at(0.25), at(0.5), at(0.75)
	return out, nil
}
