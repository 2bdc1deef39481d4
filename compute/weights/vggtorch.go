// Package weights gives meaning to model files: tensors by name, networks by their layers.
package weights

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"reverie/compute/nn"
)

// vggConv are the places of VGG19's convolutions in torchvision's and bdpy's "features", fully connected
// layers being at 0, 3 and 6 of "classifier" (bdpy.dl.torch.models, torchvision.models.vgg).
var vggConv = []int{0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34}

var vggNames = []string{"conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv3_3", "conv3_4",
	"conv4_1", "conv4_2", "conv4_3", "conv4_4", "conv5_1", "conv5_2", "conv5_3", "conv5_4", "fc6", "fc7", "fc8"}

// otherConv tells apart what is taken for VGG19 now and then.
var otherConv = []struct {
	name string
	at   []int
}{
	{"VGG16", []int{0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28}},
	{"VGG13", []int{0, 2, 5, 7, 10, 12, 15, 17, 20, 22}},
	{"VGG11", []int{0, 3, 6, 8, 11, 13, 16, 18}},
	{"AlexNet of torchvision", []int{0, 3, 6, 8, 10}},
	{"CaffeNet or AlexNet", []int{0, 4, 8, 10, 12}},
}

// VGG19 is what VGG19FromTorch found.
type VGG19 struct {
	Weights nn.Weights
	// Missing are the layers that the file lacks: none, or fc6, fc7 and fc8 of a file of convolutions only.
	Missing []string
	// Keys is how the file names the layers, for the user.
	Keys string
	// Notes tell what a user should know.
	Notes []string
}

// VGG19FromTorch finds VGG19 among tensors with PyTorch's names: features.N and classifier.N (torchvision and
// bdpy alike) or conv1_1 … fc8, behind any prefix. The shapes must follow from each other; fully connected
// layers may also be stored as convolutions (4096×512×7×7). Values are read into their place, nothing twice.
//
// Names do not tell what input the weights expect. bdpy's and other conversions of the Caffe model take
// BGR, 0–255 minus the mean; torchvision's own training takes RGB, 0–1, normalised: ToBGR255 converts it.
func VGG19FromTorch(list []Source) (*VGG19, error) {
	v, err := vgg19(list)
	if err != nil {
		return nil, fmt.Errorf("VGG19 from PyTorch names: %w", err)
	}
	v.Notes = append(v.Notes, "the names do not tell the input: conversions of the Caffe model expect BGR 0–255, torchvision's own weights RGB 0–1")
	return v, nil
}

// vgg19 finds the layers among tensors.
func vgg19(list []Source) (*VGG19, error) {
	find := map[string]*Source{}
	for i := range list {
		find[list[i].Name] = &list[i]
	}
	names, keys, err := vggKeys(list, find)
	if err != nil {
		return nil, err
	}
	v := &VGG19{Weights: nn.Weights{}, Keys: keys}
	in := 3
	var conv []int // what fc6's inputs may be multiples of
	for i, layer := range vggNames {
		w, b := find[names[i]+".weight"], find[names[i]+".bias"]
		if w == nil && b == nil && layer[0] == 'f' {
			v.Missing = append(v.Missing, layer)
			continue
		}
		if w == nil || b == nil {
			return nil, fmt.Errorf("%s: %s.weight or %s.bias is missing", layer, names[i], names[i])
		}
		if len(v.Missing) > 0 {
			return nil, fmt.Errorf("%s is missing and %s (%s) is there", v.Missing[0], layer, names[i])
		}
		if err := vggShape(layer, w, b, in); err != nil {
			return nil, fmt.Errorf("%s: %w", layer, err)
		}
		in = w.Shape[0]
		conv = append(conv, in)
		p := nn.Param{}
		if p.W, err = w.Read(); err != nil {
			return nil, fmt.Errorf("%s: %w", layer, err)
		}
		if p.B, err = b.Read(); err != nil {
			return nil, fmt.Errorf("%s: %w", layer, err)
		}
		v.Weights[layer] = p
	}
	if len(v.Missing) > 0 {
		v.Notes = append(v.Notes, "the file has convolutions only: fc6, fc7 and fc8 are missing")
	} else if order := fc6Order(v.Weights["fc6"].W, conv[15], find[names[16]+".weight"].Shape[0]); order == "H,W,C" {
		v.Notes = append(v.Notes, "fc6 looks as if its inputs were in the order height, width, channel (TensorFlow's); channel, height, width is expected")
	}
	return v, nil
}

// vggShape checks a layer against the outputs of the one before.
func vggShape(layer string, w, b *Source, in int) error {
	s := w.Shape
	ok := false
	switch {
	case layer[0] == 'c':
		ok = len(s) == 4 && s[1] == in && s[2] == 3 && s[3] == 3
	case layer == "fc6": // in is the channels of conv5_4
		ok = len(s) == 2 && s[1] > 0 && s[1]%in == 0 || len(s) == 4 && s[1] == in && s[2] > 0 && s[3] > 0
	default:
		ok = (len(s) == 2 || len(s) == 4 && s[2] == 1 && s[3] == 1) && s[1] == in
	}
	if !ok || s[0] < 1 {
		return fmt.Errorf("weights of shape %v do not follow %d outputs of the layer before", s, in)
	}
	if len(b.Shape) != 1 || b.Shape[0] != s[0] {
		return fmt.Errorf("biases of shape %v for %d outputs", b.Shape, s[0])
	}
	return nil
}

// vggKeys finds how the file names the 19 layers.
func vggKeys(list []Source, find map[string]*Source) (names []string, keys string, err error) {
	for _, s := range list {
		if prefix, ok := strings.CutSuffix(s.Name, "conv1_1.weight"); ok {
			has := func(layer string) bool { return find[prefix+layer+".weight"] != nil }
			switch {
			case !has("conv1_2"): // generators from layers below relu5 have a conv1_1 too
				continue
			case has("conv5_3") && !has("conv3_4") && !has("conv4_4") && !has("conv5_4"):
				return nil, "", errors.New("13 convolutions, VGG19 has 16: this is VGG16")
			}
			for _, n := range vggNames {
				names = append(names, prefix+n)
			}
			return names, prefix + "conv1_1 … " + prefix + "fc8", nil
		}
	}
	for _, s := range list {
		prefix, ok := strings.CutSuffix(s.Name, "features.0.weight")
		if !ok {
			continue
		}
		var at []int
		for _, x := range list {
			rest, ok := strings.CutPrefix(x.Name, prefix+"features.")
			if !ok {
				continue
			}
			n, kind, _ := strings.Cut(rest, ".")
			if kind == "running_mean" {
				return nil, "", errors.New("the network has batch normalisation (vgg19_bn), which the paper's does not: take the plain VGG19")
			}
			if i, err := strconv.Atoi(n); err == nil && kind == "weight" {
				at = append(at, i)
			}
		}
		slices.Sort(at)
		if !slices.Equal(at, vggConv) {
			return nil, "", fmt.Errorf("%d convolutions at %v of %sfeatures, VGG19 has 16%s", len(at), at[:min(len(at), 40)], prefix, other(at))
		}
		for _, i := range vggConv {
			names = append(names, fmt.Sprintf("%sfeatures.%d", prefix, i))
		}
		for _, i := range []int{0, 3, 6} {
			names = append(names, fmt.Sprintf("%sclassifier.%d", prefix, i))
		}
		return names, prefix + "features.N, " + prefix + "classifier.N", nil
	}
	return nil, "", errors.New("no tensor is called features.0.weight or conv1_1.weight: the file holds another network")
}

func other(at []int) string {
	for _, o := range otherConv {
		if slices.Equal(at, o.at) {
			return ": this is " + o.name
		}
	}
	return ""
}
