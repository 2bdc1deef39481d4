package weights

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Generator is a deep generator network of Dosovitskiy & Brox (2016): features of CaffeNet in, a picture
// out, BGR with the mean of ImageNet subtracted, not bounded. Shapes leave the samples' axis out.
type Generator struct {
	Input       string // "relu7", "relu6" or "pool5"; "" where the file does not tell relu7 from relu6
	InputShape  []int  // (4096) or (256,6,6) at full size
	OutputShape []int  // (3,256,256) at full size
	Layers      []GeneratorLayer
}

// GeneratorLayer is one layer with the leaky ReLU after it.
type GeneratorLayer struct {
	Name string // Caffe's: defc7 … defc5 or Rconv6 … Rconv8, then deconv5, conv5_1 … deconv0
	Kind string // "InnerProduct", "Convolution" or "Deconvolution"
	// In and Out are shapes: (units) or (channels, height, width). Where Out of one layer is (units) and In
	// of the next has three axes, the values are the same in C order.
	In, Out             []int
	Kernel, Stride, Pad int // of both axes; 0 of InnerProduct
	// Weight is in C order: (out, in) of InnerProduct, (out, in, k, k) of Convolution, and (in, out, k, k)
	// of Deconvolution, which is the layout of Caffe and of ConvTranspose2d.
	Weight []float32
	Bias   []float32 // one for each output channel or unit
	Slope  float32   // of the leaky ReLU that follows, for values below 0; 1 where none follows
}

// generatorLayer is a layer of the definition (the three generator.prototxt, and AlexNetGenerator and
// AlexNetPool5Generator of bdpy.dl.torch.models).
type generatorLayer struct {
	name, alias, kind         string
	in, out                   int // channels at full size; 0 of InnerProduct: any
	kernel, stride, pad, side int // side is that of the output
}

const (
	inner = "InnerProduct"
	conv  = "Convolution"
	up    = "Deconvolution"
)

var (
	reluHead = []generatorLayer{{name: "defc7", alias: "defc.0", kind: inner}, {name: "defc6", alias: "defc.2", kind: inner}, {name: "defc5", alias: "defc.4", kind: inner}}
	poolHead = []generatorLayer{{"Rconv6", "rconv.0", conv, 256, 512, 3, 1, 1, 6}, {"Rconv7", "rconv.2", conv, 512, 512, 3, 1, 1, 6}, {"Rconv8", "rconv.4", conv, 512, 512, 3, 1, 0, 4}}
)

// generatorTail are the layers that the generators share; deconv5 takes 256 channels of defc5 or 512 of Rconv8.
func generatorTail(in int) []generatorLayer {
	return []generatorLayer{
		{"deconv5", "deconv.0", up, in, 256, 4, 2, 1, 8}, {"conv5_1", "deconv.2", up, 256, 512, 3, 1, 1, 8},
		{"deconv4", "deconv.4", up, 512, 256, 4, 2, 1, 16}, {"conv4_1", "deconv.6", up, 256, 256, 3, 1, 1, 16},
		{"deconv3", "deconv.8", up, 256, 128, 4, 2, 1, 32}, {"conv3_1", "deconv.10", up, 128, 128, 3, 1, 1, 32},
		{"deconv2", "deconv.12", up, 128, 64, 4, 2, 1, 64}, {"deconv1", "deconv.14", up, 64, 32, 4, 2, 1, 128}, {"deconv0", "deconv.16", up, 32, 3, 4, 2, 1, 256},
	}
}

// generatorOf finds a generator's definition by the names of its first and last layers, behind any prefix,
// and the shape of the last. Tensors that share or repeat values have two names in bdpy's files; one of
// them is enough. Generators from other layers end in other convolutions.
func generatorOf(find map[string]*Source) (def []generatorLayer, prefix string, ok bool) {
	for _, name := range slices.Sorted(maps.Keys(find)) {
		for _, head := range [][]generatorLayer{reluHead, poolHead} {
			for _, first := range []string{head[0].name, head[0].alias} {
				p, found := strings.CutSuffix(name, first+".weight")
				if !found || p != "" && !strings.HasSuffix(p, ".") {
					continue
				}
				for _, last := range []string{"deconv0", "deconv.16"} {
					if s := find[p+last+".weight"]; s != nil && len(s.Shape) == 4 && s.Shape[1] == 3 && s.Shape[2] == 4 {
						in := 256
						if head[0].kind == conv {
							in = 512
						}
						return slices.Concat(head, generatorTail(in)), p, true
					}
				}
			}
		}
	}
	return nil, "", false
}

// readGenerator reads a generator and checks it against its definition. All channels may be fewer by one
// divisor, and units of the fully connected layers may be any number.
func readGenerator(ctx context.Context, find map[string]*Source, def []generatorLayer, prefix string) (*Generator, error) {
	divisor := 0
	for _, l := range def {
		if l.name == "conv5_1" {
			s, err := generatorTensor(find, prefix, l, "weight")
			if err != nil {
				return nil, err
			}
			if len(s.Shape) == 4 && s.Shape[1] > 0 && 512%s.Shape[1] == 0 && s.Shape[1] >= 16 {
				divisor = 512 / s.Shape[1]
			} else {
				return nil, fmt.Errorf("conv5_1: weights of shape %v, want (256,512,3,3), or all channels divided by up to 32", s.Shape)
			}
		}
	}
	g := &Generator{}
	var at []int // the shape that the next layer gets
	for i, l := range def {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if l.kind != inner {
			l.in /= divisor
			if l.out > 3 {
				l.out /= divisor
			}
		}
		w, err := generatorTensor(find, prefix, l, "weight")
		if err != nil {
			return nil, err
		}
		b, err := generatorTensor(find, prefix, l, "bias")
		if err != nil {
			return nil, err
		}
		layer, err := l.shaped(at, w, b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.name, err)
		}
		if layer.Weight, err = readTwin(find, prefix, l, "weight"); err != nil {
			return nil, err
		}
		if layer.Bias, err = readTwin(find, prefix, l, "bias"); err != nil {
			return nil, err
		}
		if err := finiteValues(l.name, layer.Weight, layer.Bias); err != nil {
			return nil, err
		}
		if i == len(def)-1 {
			layer.Slope = 1
		}
		g.Layers = append(g.Layers, layer)
		at = layer.Out
	}
	g.InputShape, g.OutputShape = g.Layers[0].In, at
	return g, nil
}

// shaped checks a layer's tensors against the layer before, whose output has shape before (nil of the first).
func (l generatorLayer) shaped(before []int, w, b *Source) (GeneratorLayer, error) {
	s := w.Shape
	layer := GeneratorLayer{Name: l.name, Kind: l.kind, Kernel: l.kernel, Stride: l.stride, Pad: l.pad, Slope: 0.3}
	var want []int
	switch l.kind {
	case inner:
		if len(s) != 2 || s[0] < 1 || s[1] < 1 || before != nil && s[1] != before[0] {
			return layer, fmt.Errorf("weights of shape %v do not follow an output of %v", s, before)
		}
		layer.In, layer.Out, want = []int{s[1]}, []int{s[0]}, s
	default:
		side := l.side + 2 - 2*l.pad // of the input of a 3×3 kernel
		if l.stride == 2 {
			side = l.side / 2
		}
		layer.In, layer.Out = []int{l.in, side, side}, []int{l.out, l.side, l.side}
		want = []int{l.in, l.out, l.kernel, l.kernel}
		if l.kind == conv {
			want[0], want[1] = want[1], want[0]
		}
		if n := l.in * side * side; len(before) == 1 && before[0] != n {
			return layer, fmt.Errorf("the layer before has %d outputs, want %d = %d×%d×%d", before[0], n, l.in, side, side)
		}
	}
	if !slices.Equal(s, want) {
		return layer, fmt.Errorf("weights of shape %v, want %v", s, want)
	}
	if len(b.Shape) != 1 || b.Shape[0] != layer.Out[0] {
		return layer, fmt.Errorf("biases of shape %v for %d outputs", b.Shape, layer.Out[0])
	}
	return layer, nil
}

// generatorTensor finds a tensor under one of its names.
func generatorTensor(find map[string]*Source, prefix string, l generatorLayer, what string) (*Source, error) {
	for _, name := range []string{l.name, l.alias} {
		if s := find[prefix+name+"."+what]; s != nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("%s: %s%s.%s is missing", l.name, prefix, l.name, what)
}

// readTwin reads a tensor. A second one under the other name that does not share its values must have the same.
func readTwin(find map[string]*Source, prefix string, l generatorLayer, what string) ([]float32, error) {
	a, b := find[prefix+l.name+"."+what], find[prefix+l.alias+"."+what]
	if a == nil {
		a, b = b, nil
	}
	v, err := a.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.name, err)
	}
	if b == nil || b.SameAs == a.Name || a.SameAs == b.Name || a.SameAs != "" && a.SameAs == b.SameAs {
		return v, nil
	}
	twin, err := b.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.name, err)
	}
	if !slices.Equal(v, twin) && finiteValues(a.Name, v, nil) == nil {
		return nil, fmt.Errorf("%s: %s and %s have different values, in a generator they are one", l.name, a.Name, b.Name)
	}
	return v, nil
}
