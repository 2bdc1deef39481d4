package decode

import (
	"fmt"
	"math"

	"reverie/compute/nn"
)

// Spread is the paper's measure of a feature vector's size (Supplementary
// Methods, Norm correction): for a convolutional layer the mean over channels
// of the standard deviation across the channel's units, for a fully connected
// layer the standard deviation across all units. Population standard deviations.
func Spread(values []float32, shape nn.Shape) float64 {
	if shape.H*shape.W == 1 {
		return deviation(values)
	}
	hw, sum := shape.H*shape.W, 0.0
	for c := range shape.C {
		sum += deviation(values[c*hw : (c+1)*hw])
	}
	return sum / float64(shape.C)
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
func Correct(values []float32, shape nn.Shape, reference float64) error {
	s := Spread(values, shape)
	if !(s > 0) || math.IsInf(s, 0) {
		return fmt.Errorf("the decoded features' spread is %g: they are constant or not finite", s)
	}
	if !(reference > 0) || math.IsInf(reference, 0) {
		return fmt.Errorf("the reference spread is %g, want a positive number", reference)
	}
	f := float32(reference / s)
	for i := range values {
		values[i] *= f
	}
	return nil
}
