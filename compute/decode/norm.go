package decode

import (
	"fmt"
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
	if len(values) != shape.Len() {
		return fmt.Errorf("%d decoded features for a layer of %v", len(values), shape)
	}
	s := Spread(values, shape)
	if !(s > 0) || math.IsInf(s, 0) {
		return fmt.Errorf("the decoded features' spread is %g: they are constant or not finite", s)
	}
	if !(reference > 0) || math.IsInf(reference, 0) {
		return fmt.Errorf("the reference spread is %g, want a positive number", reference)
	}
	f := float32(reference / s)
	if math.IsInf(float64(f), 0) {
		return fmt.Errorf("the decoded features' spread is only %g, the reference %g", s, reference)
	}
	for i := range values {
		values[i] *= f
	}
	return nil
}

// Reference is the mean spread of each layer over natural images never trained on.
type Reference map[string]float64

// Spreads gathers a Reference image by image. The zero value is ready.
type Spreads struct {
	sum    map[string]float64
	images map[string]int
}

// Add takes one image's features of one layer.
func (s *Spreads) Add(layer string, values []float32, shape nn.Shape) error {
	if len(values) != shape.Len() {
		return fmt.Errorf("norm reference: %d features of %s, want %v", len(values), layer, shape)
	}
	x := Spread(values, shape)
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return fmt.Errorf("norm reference: the spread of %s is %g: check the picture and the model file", layer, x)
	}
	if s.sum == nil {
		s.sum, s.images = map[string]float64{}, map[string]int{}
	}
	s.sum[layer] += x
	s.images[layer]++
	return nil
}

// Reference is the mean over the images so far.
func (s *Spreads) Reference() Reference {
	ref := make(Reference, len(s.sum))
	for layer, x := range s.sum {
		ref[layer] = x / float64(s.images[layer])
	}
	return ref
}
