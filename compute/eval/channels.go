package eval

import (
	"fmt"
	"math"

	"reverie/compute/stats"
)

// Channel is the decoding accuracy of one channel (filter) of a layer.
type Channel struct {
	Mean  float64 // of the profile correlations of its units; NaN where none has one
	Units int     // that count
	Left  int     // without a correlation, left out
}

// ByChannel averages the profile correlations of a layer's units, in C,H,W
// order as UnitAccuracy.Add gives them, over the units of each channel.
func ByChannel(r []float64, channels int) ([]Channel, error) {
	if channels < 1 || len(r) == 0 || len(r)%channels != 0 {
		return nil, fmt.Errorf("accuracy by channel: %d units in %d channels", len(r), channels)
	}
	n := len(r) / channels
	out := make([]Channel, channels)
	for c := range out {
		for _, x := range r[c*n : (c+1)*n] {
			if math.IsNaN(x) {
				out[c].Left++
				continue
			}
			out[c].Units++
			out[c].Mean += x
		}
		out[c].Mean /= float64(out[c].Units)
	}
	return out, nil
}

// rec601 are the weights of blue, green and red in luma, ITU-R BT.601: the order
// of the networks' input channels.
var rec601 = [3]float64{0.114, 0.587, 0.299}

// LuminanceContrast is, per filter of a first layer, how much its kernel differs
// between light and dark places: weights [filter][B, G, R][ky][kx] are projected
// on luminance (0.114·B + 0.587·G + 0.299·R, ITU-R BT.601) and the standard
// deviation (ddof 0) of the resulting kernel over its places is taken, the
// root-mean-square contrast, in features per grey level. A filter of opponent
// colours and one that takes the mean brightness have none.
//
// The definition is ours: the paper says "filters with high luminance contrast"
// and no more (Supplementary Fig. 11).
func LuminanceContrast(weights []float32, filters int) ([]float64, error) {
	if filters < 1 || len(weights)%(3*max(filters, 1)) != 0 || len(weights)/(3*max(filters, 1)) < 2 {
		return nil, fmt.Errorf("luminance contrast: %d weights for %d filters of three colours and at least 2 places", len(weights), filters)
	}
	places := len(weights) / (3 * filters)
	out := make([]float64, filters)
	kernel := make([]float64, places)
	for f := range out {
		w := weights[f*3*places : (f+1)*3*places]
		mean := 0.0
		for p := range kernel {
			kernel[p] = 0
			for c, share := range rec601 {
				kernel[p] += share * float64(w[c*places+p])
			}
			mean += kernel[p]
		}
		mean /= float64(places)
		ss := 0.0
		for _, x := range kernel {
			ss += (x - mean) * (x - mean)
		}
		out[f] = math.Sqrt(ss / float64(places))
		if x := out[f]; x-x != 0 {
			return nil, fmt.Errorf("luminance contrast: filter %d has weights that are not finite", f)
		}
	}
	return out, nil
}

// FilterGain is one filter of Supplementary Fig. 11.
type FilterGain struct {
	Filter   int     `json:"filter"` // from 0
	Contrast float64 `json:"luminance_contrast"`
	Signed   float64 `json:"signed"`   // mean correlation of its units, decoders of the features themselves
	Absolute float64 `json:"absolute"` // the same of decoders retrained on the features' absolute values
	Gain     float64 `json:"gain"`     // Absolute − Signed
}

// AbsoluteGain is Supplementary Fig. 11: whether the features of filters with
// high luminance contrast are decoded better as absolute values.
type AbsoluteGain struct {
	Filters []FilterGain `json:"filters"` // that have both accuracies
	Left    int          `json:"left"`    // filters left out
	// Correlation is Pearson's r over filters between gain and contrast; nil
	// with fewer than four filters or where one of the two is constant.
	Correlation *stats.Interval `json:"correlation"`
}

// GainOfAbsolute compares the accuracies of signed and absolute features, by
// channel, and correlates the gain with the filters' luminance contrast; level
// is the interval's, e.g. 0.95.
func GainOfAbsolute(signed, absolute []Channel, contrast []float64, level float64) (AbsoluteGain, error) {
	var out AbsoluteGain
	if len(signed) == 0 || len(signed) != len(absolute) || len(signed) != len(contrast) {
		return out, fmt.Errorf("gain of absolute features: accuracies of %d signed and %d absolute filters, contrasts of %d", len(signed), len(absolute), len(contrast))
	}
	var gains, contrasts []float64
	for f := range signed {
		g := absolute[f].Mean - signed[f].Mean
		if g-g != 0 || contrast[f]-contrast[f] != 0 {
			out.Left++
			continue
		}
		out.Filters = append(out.Filters, FilterGain{Filter: f, Contrast: contrast[f], Signed: signed[f].Mean, Absolute: absolute[f].Mean, Gain: g})
		gains, contrasts = append(gains, g), append(contrasts, contrast[f])
	}
	if len(gains) > 1 {
		if c := stats.Correlation(Correlation(gains, contrasts), len(gains), level); c.Defined() {
			out.Correlation = &c
		}
	}
	return out, nil
}
