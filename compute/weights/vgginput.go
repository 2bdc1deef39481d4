package weights

import (
	"errors"
	"math"
	"strings"

	"reverie/compute/nn"
)

// The normalisation of torchvision's classification models, RGB (torchvision.models, VGG19_Weights.transforms).
var (
	torchvisionMean = [3]float64{0.485, 0.456, 0.406}
	torchvisionSD   = [3]float64{0.229, 0.224, 0.225}
)

// IsTorchvisionVGG19 tells from a file's SHA-256, in hex, whether it is the one that torchvision publishes,
// vgg19-dcbb9e9d.pth: its name holds the digest's beginning. Its weights expect RGB 0–1; a copy saved again
// is not recognised.
func IsTorchvisionVGG19(sha256 string) bool {
	return len(sha256) == 64 && strings.HasPrefix(strings.ToLower(sha256), "dcbb9e9d")
}

// ToBGR255 turns weights that expect torchvision's input, (RGB/255 − mean)/sd, into weights that expect
// BGR, 0–255, minus the mean that it returns (B, G, R): 103.53, 116.28, 123.675. Only conv1_1 changes:
// w'[o][c] = w[o][2−c] / (255·sd[2−c]).
//
// With that mean, and no other, the two networks are the same, borders too: a constant offset of the input
// could go into the bias, but not where the convolution pads with zeros. Features differ by the rounding
// of float32 only.
func ToBGR255(w nn.Weights) (mean [3]float64, err error) {
	p := w["conv1_1"]
	if len(p.W) == 0 || len(p.W)%27 != 0 {
		return mean, errors.New("conv1_1 does not have three input channels")
	}
	out := make([]float32, len(p.W))
	for o := 0; o < len(p.W); o += 27 {
		for c := range 3 {
			for k := range 9 {
				out[o+9*c+k] = float32(float64(p.W[o+9*(2-c)+k]) / (255 * torchvisionSD[2-c]))
			}
		}
	}
	w["conv1_1"] = nn.Param{W: out, B: p.B}
	for c := range 3 {
		mean[c] = 255 * torchvisionMean[2-c]
	}
	return mean, nil
}

// fc6Order guesses in which order fc6's inputs lie from how much neighbours in the picture resemble each
// other: "C,H,W", "H,W,C", or "" where neither shows, as in random weights. in is the channels of conv5_4;
// the map is taken to be square.
func fc6Order(w []float32, in, out int) string {
	if in < 1 || out < 1 || len(w)%(in*out) != 0 {
		return ""
	}
	side := int(math.Sqrt(float64(len(w) / (in * out))))
	if side < 2 || side*side*in*out != len(w) {
		return ""
	}
	row := side * side * in
	var chw, hwc, power float64
	n := 0
	for r := 0; r < out; r += max(out/64, 1) {
		x := w[r*row : (r+1)*row]
		for c := range in {
			for p := 0; p+1 < side*side; p++ {
				if p%side == side-1 {
					continue
				}
				chw += float64(x[c*side*side+p]) * float64(x[c*side*side+p+1])
				hwc += float64(x[p*in+c]) * float64(x[(p+1)*in+c])
				power += float64(x[p*in+c]) * float64(x[p*in+c])
				n++
			}
		}
	}
	limit := 6 / math.Sqrt(float64(n)) // six standard errors of a correlation of nothing
	switch a, b := chw/power, hwc/power; {
	case !(power > 0):
		return ""
	case b > limit && b > 2*a:
		return "H,W,C"
	case a > limit && a > 2*b:
		return "C,H,W"
	}
	return ""
}
