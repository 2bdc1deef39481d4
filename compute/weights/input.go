package weights

import (
	"fmt"
	"math"

	"reverie/compute/nn"
)

// Expects is the input that a network's weights are made for.
type Expects string

// The inputs.
const (
	BGR255       Expects = "BGR, 0–255, minus the mean"
	RGB01        Expects = "RGB, 0–1, normalised"
	UnknownInput Expects = "cannot tell"
)

// InputScale is what the weights of a VGG19's first layer tell of its input.
type InputScale struct {
	Expects Expects `json:"expects"`
	// Certain is set where the file itself is known; else the verdict holds for weights of the published
	// network in one scale or the other, as Why says.
	Certain bool   `json:"certain"`
	Why     string `json:"why"`
	// Most255 and Most1 bound, for BGR 0–255 and for RGB 0–1 normalised, the standard deviation of conv1_1
	// that any pictures can cause, averaged over the channels.
	Most255 float64 `json:"most_bgr_255,omitempty"`
	Most1   float64 `json:"most_rgb_01,omitempty"`
}

// publishedStd is the standard deviation of conv1_1 over natural images, in the lab's published statistics
// (estimated_vgg19_cnn_feat_std.mat, from 10,000 images of ImageNet).
const publishedStd = 54.19003

// DiagnoseInput tells from conv1_1 which of the two inputs a VGG19 of full width expects, where this
// follows from the scale of its weights.
//
// A value between 0 and 255 has a standard deviation of 127.5 at most, and that of a sum is at most the sum
// of the terms' (Minkowski). So conv1_1's is at most 127.5·Σ|w| for BGR 0–255, and at most Σ|w|·0.5/sd for
// torchvision's input, some 57 times less. The published network's is 54.19: weights for which the second
// bound is below are not the published network in RGB 0–1, and if they are it at all, they expect BGR
// 0–255. Where even the second bound allows it, BGR 0–255 would cause values some 57 times as large unless
// they cancelled to a few per cent, so RGB 0–1 is likely.
//
// The order of the channels does not follow from weights alone, and a network trained otherwise, such as
// torchvision's own, may have weights of the first scale and yet expect the second input: such verdicts are
// not Certain.
func DiagnoseInput(conv1 nn.Param) InputScale {
	d := InputScale{Expects: UnknownInput}
	if len(conv1.B) != 64 || len(conv1.W) != 64*27 {
		d.Why = fmt.Sprintf("conv1_1 has %d outputs: the published statistics are of 64", len(conv1.B))
		return d
	}
	for i, w := range conv1.W {
		a := math.Abs(float64(w)) / 64
		d.Most255 += 127.5 * a
		d.Most1 += 0.5 / torchvisionSD[i/9%3] * a
	}
	facts := fmt.Sprintf("conv1_1 can vary by at most %.3g for BGR 0–255 and %.3g for RGB 0–1; the published network's varies by %.3g", d.Most255, d.Most1, publishedStd)
	switch {
	case math.IsNaN(d.Most255) || math.IsInf(d.Most255, 0):
		d.Most255, d.Most1 = 0, 0
		d.Why = "conv1_1 has values that are no numbers"
	case d.Most255 < publishedStd:
		d.Why = facts + ": in neither scale are these its weights"
	case d.Most1 < publishedStd:
		d.Expects, d.Why = BGR255, facts+": if these are its weights, they expect BGR 0–255 (a network trained otherwise, such as torchvision's own, may have weights of this size and expect RGB 0–1)"
	default:
		d.Expects, d.Why = RGB01, facts+": for BGR 0–255 its values would be some 57 times as large unless they cancelled"
	}
	return d
}
