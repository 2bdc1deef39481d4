package decode

import (
	"math"

	"reverie/compute/nn"
)

// Spread is the paper's measure of a feature vector's size (Supplementary
// Methods, Norm correction): for a convolutional layer the mean over channels
// of the standard deviation across the channel's units, for a fully connected
// layer (one value per channel) the standard deviation across all units.
// Population standard deviations (ddof 0), as estimate_cnn_feat_std of the lab's
// code takes them (kamitani.md §4.1). values are in C,H,W order, shape.Len() of them.
func Spread(values []float32, shape nn.Shape) float64 {
	n, sum := perChannel(shape), 0.0
	for from := 0; from < len(values); from += n {
		sum += deviation(values[from : from+n])
	}
	return sum / float64(shape.Len()/n)
}

// perChannel is the number of units that one standard deviation is taken over:
// a channel's, or all units of a fully connected layer.
func perChannel(shape nn.Shape) int {
	if hw := shape.H * shape.W; hw > 1 {
		return hw
	}
	return shape.C
}

func deviation(v []float32) float64 {
	mean, ss := 0.0, 0.0
	for _, x := range v {
		mean += float64(x)
	}
	mean /= float64(len(v))
	for _, x := range v {
		d := float64(x) - mean
		ss += d * d
	}
	return math.Sqrt(ss / float64(len(v)))
}

// Correct multiplies decoded features by one number so that their spread is
// reference, the mean spread over natural images that no decoder was trained on.
// It is Scripts2019.Apply of one sample.
func Correct(values []float32, shape nn.Shape, reference float64) error {
	_, err := Scripts2019.Apply([][]float32{values}, shape, reference, nil)
	return err
}
