package weights

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"reverie/compute/format/prototxt"
	"reverie/compute/nn"
)

func publishedNet(t *testing.T, path string) (*prototxt.Network, map[string][]int) {
	t.Helper()
	if _, err := os.Stat(published); err != nil {
		t.Skip("shared/data is absent")
	}
	n, err := prototxt.OpenNetwork(published + path)
	if err != nil {
		t.Fatal(err)
	}
	shapes, err := n.Shapes()
	if err != nil {
		t.Fatal(err)
	}
	return n, shapes
}

// The definitions of the generators are those of the published descriptions.
func TestGeneratorDefinitions(t *testing.T) {
	for path, def := range map[string][]generatorLayer{
		"synthesizing/nets/upconv/fc7/generator.prototxt":                  slices.Concat(reluHead, generatorTail(256)),
		"synthesizing/nets/upconv/fc6/generator.prototxt":                  slices.Concat(reluHead, generatorTail(256)),
		"icnn/examples/net/generator_for_inverting_fc7/generator.prototxt": slices.Concat(reluHead, generatorTail(256)),
		"cnnpref/net/generator_for_inverting_fc6/generator.prototxt":       slices.Concat(reluHead, generatorTail(256)),
		"GenericObjectDecoding/data/cnn/fc6/generator.prototxt":            slices.Concat(reluHead, generatorTail(256)),
		"synthesizing/nets/upconv/pool5/generator.prototxt":                slices.Concat(poolHead, generatorTail(512)),
	} {
		n, shapes := publishedNet(t, path)
		at := 0
		for i, l := range n.Layers {
			if l.InnerProduct == nil && l.Convolution == nil {
				continue
			}
			if at >= len(def) {
				t.Fatalf("%s: more layers than %d", path, len(def))
			}
			d := def[at]
			at++
			in, out := shapes[l.Bottom[0]], shapes[l.Top[0]]
			if l.Name != d.name || l.Type != d.kind {
				t.Errorf("%s: %s %s, want %+v", path, l.Name, l.Type, d)
				continue
			}
			if c := l.Convolution; c != nil {
				w := &Source{Shape: []int{d.in, d.out, d.kernel, d.kernel}}
				if d.kind == conv {
					w.Shape = []int{d.out, d.in, d.kernel, d.kernel}
				}
				g, err := d.shaped(nil, w, &Source{Shape: []int{d.out}})
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(g.In, in[1:]) || !slices.Equal(g.Out, out[1:]) || c.Kernel != [2]int{g.Kernel, g.Kernel} || c.Stride != [2]int{g.Stride, g.Stride} ||
					c.Pad != [2]int{g.Pad, g.Pad} || c.Group != 1 || !c.Bias {
					t.Errorf("%s: %s: %+v from %v to %v, we have %+v", path, l.Name, c, in, out, g)
				}
			}
			slope := 1.0
			if i+1 < len(n.Layers) && n.Layers[i+1].ReLU != nil {
				slope = n.Layers[i+1].ReLU.NegativeSlope
			}
			if want := map[bool]float64{true: 0.3, false: 1}[at < len(def)]; slope != want {
				t.Errorf("%s: a slope of %g after %s", path, slope, l.Name)
			}
		}
		if at != len(def) {
			t.Errorf("%s: %d layers, want %d", path, at, len(def))
		}
	}
}

// The program's VGG19 has the published layers, in both variants.
func TestVGG19Definition(t *testing.T) {
	for path, cfg := range map[string]nn.VGG19Config{
		"icnn/examples/net/VGG_ILSVRC_19_layers/VGG_ILSVRC_19_layers.prototxt":               {},
		"icnn/examples/net/VGG_ILSVRC_19_layers/VGG_ILSVRC_19_layers_lrelu_avePool.prototxt": {Pool: nn.AveragePool, Slope: 0.2},
	} {
		n, shapes := publishedNet(t, path)
		net, err := nn.VGG19(cfg)
		if err != nil {
			t.Fatal(err)
		}
		layers := 0
		for _, l := range n.Layers {
			switch {
			case l.Convolution != nil || l.InnerProduct != nil:
				layers++
				op, _, ok := net.Op(l.Name)
				if s := append(shapes[l.Top[0]], 1, 1)[1:4]; !ok || fmt.Sprint(s) != fmt.Sprint([]int{op.Out.C, op.Out.H, op.Out.W}) {
					t.Errorf("%s: %s has shape %v, ours %v", path, l.Name, s, op.Out)
				}
			case l.ReLU != nil && float32(l.ReLU.NegativeSlope) != cfg.Slope:
				t.Errorf("%s: %s: slope %g", path, l.Name, l.ReLU.NegativeSlope)
			case l.Pooling != nil && (l.Pooling.Method == "AVE") != (cfg.Pool == nn.AveragePool):
				t.Errorf("%s: %s: %s", path, l.Name, l.Pooling.Method)
			}
		}
		if layers != 19 || !strings.Contains(n.Name, "VGG") {
			t.Errorf("%s: %d layers", path, layers)
		}
	}
}
