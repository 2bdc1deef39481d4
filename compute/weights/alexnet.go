package weights

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// alexNet recognises CaffeNet and AlexNet, checks their shapes and values, and says which it is; "" where
// the tensors are another network's. Published kinds: Caffe's bvlc_reference_caffenet and bvlc_alexnet
// (conv1 … fc8), bdpy's ReferenceNet and AlexNet, torchvision's alexnet.
func alexNet(ctx context.Context, c *container, find map[string]*Source) (string, error) {
	name, layers := alexNetLayers(c, find)
	if name == "" {
		return "", nil
	}
	in := 3
	for i, l := range layers {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		w, b := find[l+".weight"], find[l+".bias"]
		if w == nil || b == nil {
			if i >= 5 && w == nil && b == nil {
				return name + ", without its fully connected layers from " + l + " on", nil
			}
			return "", fmt.Errorf("%s: %s.weight or %s.bias is missing", name, l, l)
		}
		s := w.Shape
		kernel := []int{11, 5, 3, 3, 3}
		ok := false
		switch {
		case i < 5: // conv2, conv4 and conv5 may be in two groups
			ok = len(s) == 4 && (s[1] == in || i != 0 && i != 2 && 2*s[1] == in) && s[2] == kernel[i] && s[3] == kernel[i]
		case i == 5:
			ok = len(s) == 2 && s[1] > 0 && s[1]%in == 0
		default:
			ok = len(s) == 2 && s[1] == in
		}
		if !ok || s[0] < 1 || len(b.Shape) != 1 || b.Shape[0] != s[0] {
			return "", fmt.Errorf("%s: %s: weights of shape %v and biases of shape %v do not follow %d outputs of the layer before", name, l, s, b.Shape, in)
		}
		in = s[0]
		weights, err := w.Read()
		if err != nil {
			return "", fmt.Errorf("%s: %w", l, err)
		}
		biases, err := b.Read()
		if err != nil {
			return "", fmt.Errorf("%s: %w", l, err)
		}
		if err := finiteValues(l, weights, biases); err != nil {
			return "", err
		}
	}
	return name, nil
}

// alexNetLayers finds how the file names the eight layers.
func alexNetLayers(c *container, find map[string]*Source) (name string, layers []string) {
	for key, s := range find {
		if len(s.Shape) != 4 || s.Shape[2] != 11 || s.Shape[3] != 11 || s.Shape[1] != 3 {
			continue
		}
		if prefix, ok := strings.CutSuffix(key, "conv1.weight"); ok && find[prefix+"conv5.weight"] != nil {
			for _, l := range []string{"conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"} {
				layers = append(layers, prefix+l)
			}
			return c.caffeNet(), layers
		}
		prefix, ok := strings.CutSuffix(key, "features.0.weight")
		if !ok {
			continue
		}
		for _, o := range []struct {
			name        string
			conv, inner []int
		}{
			{"CaffeNet", []int{0, 4, 8, 10, 12}, []int{1, 4, 6}}, {"AlexNet", []int{0, 4, 8, 10, 12}, []int{0, 2, 4}}, {"AlexNet of torchvision", []int{0, 3, 6, 8, 10}, []int{1, 4, 6}},
		} {
			layers = nil
			for _, i := range o.conv {
				layers = append(layers, fmt.Sprintf("%sfeatures.%d", prefix, i))
			}
			for _, i := range o.inner {
				layers = append(layers, fmt.Sprintf("%sclassifier.%d", prefix, i))
			}
			if !slices.ContainsFunc(append(slices.Clone(layers[:5]), layers[7]), func(l string) bool { return find[l+".weight"] == nil }) {
				return o.name, layers
			}
		}
	}
	return "", nil
}

// caffeNet tells CaffeNet, which pools before it normalises, from AlexNet, which normalises first.
func (c *container) caffeNet() string {
	if c.caffe != nil {
		for _, l := range c.caffe.Layers {
			switch l.Type {
			case "Pooling":
				return "CaffeNet"
			case "LRN":
				return "AlexNet"
			}
		}
	}
	return "CaffeNet or AlexNet"
}
