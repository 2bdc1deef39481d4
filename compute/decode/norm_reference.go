package decode

import (
	"fmt"
	"math"

	"reverie/compute/nn"
)

// Reference is s₀ of the norm correction: the mean spread of each layer over
// natural images never trained on, in the features' own units.
type Reference map[string]float64

// ReferenceOf averages each layer's standard deviations over its channels, as
// the lab's scripts do with their statistics files (np.nanmean): stds holds, by
// layer, one value for each channel (…_chwise_dof1.mat, ddof 1) or one for all
// (estimated_vgg19_cnn_feat_std.mat, ddof 0). Channels that are NaN are left
// out. A layer without a positive finite mean is an error.
func ReferenceOf(stds map[string][]float64) (Reference, error) {
	ref := make(Reference, len(stds))
	for layer, v := range stds {
		sum, n := 0.0, 0
		for c, x := range v {
			if math.IsInf(x, 0) || x < 0 {
				return nil, fmt.Errorf("norm reference: the standard deviation of channel %d of %s is %g: use another statistics file", c, layer, x)
			}
			if !math.IsNaN(x) {
				sum += x
				n++
			}
		}
		s := sum / float64(n)
		if !(s > 0) || math.IsInf(s, 0) {
			return nil, fmt.Errorf("norm reference: the mean standard deviation of %s is %g over %d channels, want a positive number", layer, s, n)
		}
		ref[layer] = s
	}
	return ref, nil
}

// Spreads gathers a Reference image by image. The zero value is ready.
type Spreads struct {
	layers map[string]*spreads
}

// spreads are one layer's sums over images.
type spreads struct {
	shape    nn.Shape
	images   int
	sum      float64   // of spreads
	channels []float64 // sums of each channel's standard deviation, ddof 0; one value of a fully connected layer
}

// Add takes one image's features of one layer, in C,H,W order.
func (s *Spreads) Add(layer string, values []float32, shape nn.Shape) error {
	if len(values) != shape.Len() || len(values) == 0 {
		return fmt.Errorf("norm reference: %d features of %s, want %v", len(values), layer, shape)
	}
	l := s.layers[layer]
	if l != nil && l.shape != shape {
		return fmt.Errorf("norm reference: features of %s are %v, before they were %v", layer, shape, l.shape)
	}
	x := Spread(values, shape)
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return fmt.Errorf("norm reference: the spread of %s is %g: check the picture and the model file", layer, x)
	}
	n := perChannel(shape)
	if l == nil {
		if s.layers == nil {
			s.layers = map[string]*spreads{}
		}
		l = &spreads{shape: shape, channels: make([]float64, len(values)/n)}
		s.layers[layer] = l
	}
	for c := range l.channels {
		l.channels[c] += deviation(values[c*n : (c+1)*n])
	}
	l.sum += x
	l.images++
	return nil
}

// Reference is the mean over the images so far, ddof 0: what Scripts2019 wants.
func (s *Spreads) Reference() Reference {
	ref := make(Reference, len(s.layers))
	for layer, l := range s.layers {
		ref[layer] = l.sum / float64(l.images)
	}
	return ref
}

// ChannelStd is, by layer, each channel's standard deviation across its units,
// averaged over the images so far; of a fully connected layer one value, across
// all units. ddof is 0 or 1; with 1 it is what the lab's …_chwise_dof1.mat
// holds and what the feature_std_… scalings want, by way of ReferenceOf. A
// channel of one unit has no standard deviation with ddof 1: NaN.
func (s *Spreads) ChannelStd(ddof int) map[string][]float64 {
	out := make(map[string][]float64, len(s.layers))
	for layer, l := range s.layers {
		n := float64(perChannel(l.shape))
		// The same for every image: Σ√(ss/(n−1)) = √(n/(n−1))·Σ√(ss/n).
		f := math.Sqrt(n / (n - float64(ddof)))
		v := make([]float64, len(l.channels))
		for c, x := range l.channels {
			v[c] = x * f / float64(l.images) // 0·∞ is NaN for one unit
		}
		out[layer] = v
	}
	return out
}
