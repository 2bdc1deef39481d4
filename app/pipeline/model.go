// Package pipeline joins the steps of deep image reconstruction: pictures →
// features, samples → decoded features, features → pictures, pictures → scores.
// The window's engine and the commands are built from it.
package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"reverie/app/dataset/demo"
	"reverie/app/dataset/stimuli"
	"reverie/compute/nn"
	"reverie/compute/weights"
)

// Model is a network with its weights and the mean colour that its input has subtracted.
type Model struct {
	Name    string // as given with --network, or the file's name
	Path    string // of the file; empty where built in
	Net     *nn.Network
	Weights nn.Weights
	Mean    [3]float64 // BGR, 0–255
	Note    string     // what the weights are, for people
}

// Models names what OpenModel knows.
var Models = []string{"demo", "vgg19-seeded"}

// ImageryVariant at the end of a network's name asks for its average-pool, leaky
// variant, whose features are what the paper decodes from imagery: another set
// of targets, with decoders of its own and other norms.
const ImageryVariant = "+imagery"

// ID is what OpenModel takes: the name of a built-in network or the file's path, with the variant.
func (m *Model) ID() string {
	id := m.Path
	if id == "" {
		id = m.Name
	}
	return strings.TrimSuffix(id, ImageryVariant) + m.variant()
}

// base is the name without the variant's; "" of a file's network.
func (m *Model) base() string {
	if m.Path != "" {
		return ""
	}
	return strings.TrimSuffix(m.Name, ImageryVariant)
}

func (m *Model) variant() string {
	if strings.HasSuffix(m.Name, ImageryVariant) {
		return ImageryVariant
	}
	return ""
}

// Imagery is the model's average-pool, leaky variant; itself where it is that.
func (m *Model) Imagery() *Model {
	if m.variant() != "" {
		return m
	}
	v := *m
	v.Net, v.Name = m.Net.Imagery(), m.Name+ImageryVariant
	v.Note += fmt.Sprintf("; imagery variant: average pooling, leaky ReLU of slope %g", nn.ImagerySlope)
	return &v
}

// OpenModel gives a built-in model: "demo" is the simulated subject's network
// (VGG19's topology, one eighth of the width, 128×128, trained by testdata/pair), "vgg19-seeded" the full
// VGG19 at 224×224 with seeded random weights, not trained. Any other
// name is that of a file with VGG19's weights (compute/weights). ImageryVariant
// may follow any of them. progress (may be nil) is told the bytes read of a file.
func OpenModel(ctx context.Context, name string, progress func(done, total int64)) (*Model, error) {
	if base, ok := strings.CutSuffix(name, ImageryVariant); ok {
		m, err := OpenModel(ctx, base, progress)
		if err != nil {
			return nil, err
		}
		return m.Imagery(), nil
	}
	switch name {
	case "", "demo":
		net := demo.Network()
		return &Model{Name: "demo", Net: net, Weights: demo.Weights(), Mean: stimuli.LabMean,
			Note: "built-in network: VGG19's topology at 1/8 of the width, trained on drawn scenes and photographs of things"}, nil
	case "vgg19-seeded":
		net, err := nn.VGG19(nn.VGG19Config{})
		if err != nil {
			return nil, err
		}
		return &Model{Name: name, Net: net, Weights: nn.Seeded(net, 7, 0.1), Mean: stimuli.LabMean,
			Note: "VGG19 at full size with seeded random weights, not the trained network"}, nil
	}
	if _, err := os.Stat(name); err == nil {
		return openFile(ctx, name, progress)
	}
	return nil, fmt.Errorf("no network %q: it is neither one of %v nor a model file", name, Models)
}

// openFile gives the VGG19 of a model file of the user's.
func openFile(ctx context.Context, path string, progress func(done, total int64)) (*Model, error) {
	f, err := weights.OpenVGG19(ctx, path, progress)
	if err != nil {
		return nil, err
	}
	m := &Model{Name: filepath.Base(path), Path: path, Net: f.Net, Weights: f.Weights, Mean: stimuli.LabMean,
		Note: fmt.Sprintf("VGG19 from the %s %s (SHA-256 %s…)", f.Format, filepath.Base(path), f.SHA256[:16])}
	if f.Mean != nil {
		m.Mean = *f.Mean
	}
	for _, n := range f.Notes {
		m.Note += "; " + n
	}
	return m, nil
}

// Layers checks a choice of layers and puts it in forward order; none chosen is all. DNN3 stands for the
// layers of a DNN group, DNN1-4 for those of several (paper, Methods).
func (m *Model) Layers(chosen []string) ([]string, error) {
	all := m.Net.Layers()
	if len(chosen) == 0 {
		return all, nil
	}
	want := map[string]bool{}
	for _, l := range chosen {
		if from, to, ok := groups(l); ok {
			found := false
			for _, name := range all {
				if g := nn.Group(name); g >= from && g <= to {
					want[name], found = true, true
				}
			}
			if !found {
				return nil, fmt.Errorf("%s has no layers of %s: groups are DNN1 to DNN8", m.Net.Name, l)
			}
			continue
		}
		if !slices.Contains(all, l) {
			return nil, fmt.Errorf("%s has no layer %q: it has %v, and DNN1 to DNN8 for groups of them", m.Net.Name, l, all)
		}
		want[l] = true
	}
	var out []string
	for _, l := range all {
		if want[l] {
			out = append(out, l)
		}
	}
	return out, nil
}

var groupName = regexp.MustCompile(`^(?i:dnn)([1-8])(?:-([1-8]))?$`)

// groups reads DNN3 or DNN1-4.
func groups(name string) (from, to int, ok bool) {
	g := groupName.FindStringSubmatch(name)
	if g == nil {
		return 0, 0, false
	}
	from = int(g[1][0] - '0')
	if to = from; g[2] != "" {
		to = int(g[2][0] - '0')
	}
	return from, to, from <= to
}

// Shape is the shape of a layer's features.
func (m *Model) Shape(layer string) nn.Shape {
	op, _, _ := m.Net.Op(layer)
	return op.Out
}
