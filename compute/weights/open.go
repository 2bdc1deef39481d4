package weights

import (
	"context"
	"fmt"
	"math"

	"reverie/compute/nn"
)

// Model is a network read from a file of the user's.
type Model struct {
	Net     *nn.Network
	Weights nn.Weights
	Format  string // "Caffe model", "PyTorch file", "safetensors", "NumPy archive" or "folder of NumPy arrays"
	SHA256  string // of the file; of a folder that of the list of its files' checksums, as sha256sum prints it
	// Mean is what the input has subtracted, BGR, where the file decides it; nil leaves the usual one.
	Mean *[3]float64
	// Input is what the first layer's weights tell of the input that the file's network expects.
	Input InputScale
	Notes []string
}

// OpenVGG19 reads VGG19 from a Caffe model, a PyTorch file, safetensors, an .npz or a folder of .npy. The
// network is recognised by its layers, of any width; shapes are checked and every
// value must be finite. progress (may be nil) is told of the bytes of the file
// that were looked at for its checksum.
func OpenVGG19(ctx context.Context, path string, progress func(done, total int64)) (*Model, error) {
	c, err := openContainer(path)
	var m *Model
	if err == nil {
		defer c.Close()
		m, err = c.vgg19(ctx, progress)
	}
	if err != nil {
		return nil, fmt.Errorf("open the model %s: %w", path, err)
	}
	return m, nil
}

// vgg19 reads VGG19.
func (c *container) vgg19(ctx context.Context, progress func(done, total int64)) (*Model, error) {
	sum, stop := c.summing(ctx, progress)
	defer stop()
	m := &Model{Format: c.format}
	var v *VGG19
	var err error
	if c.caffe != nil {
		v, err = VGG19FromCaffe(c.caffe)
	} else {
		v, err = VGG19FromTorch(c.list)
	}
	if err != nil {
		return nil, err
	}
	if len(v.Missing) > 0 {
		return nil, fmt.Errorf("it lacks %v: a VGG19 with its fully connected layers is needed", v.Missing)
	}
	m.Weights, m.Notes = v.Weights, v.Notes
	if m.Net, err = network(v.Weights); err != nil {
		return nil, err
	}
	if m.SHA256, err = sum(); err != nil {
		return nil, err
	}
	m.Input = DiagnoseInput(m.Weights["conv1_1"])
	if IsTorchvisionVGG19(m.SHA256) {
		mean, err := ToBGR255(m.Weights)
		if err != nil {
			return nil, err
		}
		m.Input = InputScale{Expects: RGB01, Certain: true, Why: "the file is torchvision's own, by its SHA-256"}
		m.Mean, m.Notes = &mean, []string{"torchvision's own weights: conv1_1 was turned from RGB 0–1 to BGR 0–255, with torchvision's mean"}
	} else if m.Input.Expects == RGB01 {
		m.Notes = append(m.Notes, "the input may be the wrong one: "+m.Input.Why)
	}
	return m, nil
}

// network is the VGG19 that the weights fit: its width follows from conv1_1, its
// input size from fc6, its classes from fc8.
func network(w nn.Weights) (*nn.Network, error) {
	channels, last := len(w["conv1_1"].B), len(w["conv5_4"].B)
	if channels < 1 || 64%channels != 0 || last < 1 {
		return nil, fmt.Errorf("conv1_1 has %d outputs, VGG19 has 64", channels)
	}
	area := len(w["fc6"].W) / max(1, len(w["fc6"].B)) / last
	side := int(math.Sqrt(float64(area)))
	if side < 1 || side*side != area {
		return nil, fmt.Errorf("fc6 takes %d values of each channel, want a square of them", area)
	}
	net, err := nn.VGG19(nn.VGG19Config{Height: 32 * side, Divisor: 64 / channels, Classes: len(w["fc8"].B)})
	if err != nil {
		return nil, err
	}
	return net, w.Check(net)
}

// finiteValues finds a value of a layer that is no number.
func finiteValues(layer string, weights, biases []float32) error {
	for i, values := range [...][]float32{weights, biases} {
		if at := nn.NotFinite(values); at >= 0 {
			return fmt.Errorf("%s %d of %s is %g: the file is damaged, or training had failed", [...]string{"weight", "bias"}[i], at, layer, values[at])
		}
	}
	return nil
}
