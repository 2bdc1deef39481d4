package prototxt

import (
	"fmt"
	"math"
	"slices"
)

// sameShape are the types of layers whose tops have the shape of their bottoms.
var sameShape = []string{"ReLU", "PReLU", "ELU", "Dropout", "LRN", "Softmax", "Sigmoid", "TanH", "BNLL", "AbsVal", "Power", "Exp", "Log",
	"BatchNorm", "Scale", "Bias", "MVN", "Threshold", "Split", "Eltwise"}

// maxBlob is how many values a blob may have: beyond, a shape is an error.
const maxBlob = 1 << 40

// Shapes gives the shape of every blob that follows from the inputs, the number of samples first, sizes
// rounded as Caffe does. Blobs behind layers of types that are not known are left out; a shape that
// cannot be is an error. An in-place layer does not change its blob's shape.
func (n *Network) Shapes() (map[string][]int, error) {
	out := map[string][]int{}
	for _, in := range n.Inputs {
		if in.Dims == nil {
			continue
		}
		if tooLarge(in.Dims) {
			return nil, fmt.Errorf("input %.100q: a shape of %v", in.Name, in.Dims)
		}
		out[in.Name] = in.Dims
	}
	for i := range n.Layers {
		l := &n.Layers[i]
		var bottoms [][]int
		known := len(l.Bottom) > 0
		for _, b := range l.Bottom {
			s, ok := out[b]
			known = known && ok
			bottoms = append(bottoms, s)
		}
		if !known {
			continue
		}
		s, err := l.shape(bottoms)
		if err != nil {
			return nil, fmt.Errorf("line %d: layer %.100q: %w", l.Line, l.Name, err)
		}
		if s == nil {
			continue
		}
		if tooLarge(s) {
			return nil, fmt.Errorf("line %d: layer %.100q: an output of %v", l.Line, l.Name, s)
		}
		for _, top := range l.Top {
			out[top] = s
		}
	}
	return out, nil
}

func tooLarge(shape []int) bool {
	total := 1.0
	for _, d := range shape {
		total *= float64(max(d, 1))
	}
	return total > maxBlob
}

// shape is the shape of the layer's tops, nil where its type is not known.
func (l *Layer) shape(bottoms [][]int) ([]int, error) {
	in := bottoms[0]
	switch {
	case slices.Contains(sameShape, l.Type):
		return in, nil
	case l.Convolution != nil:
		return l.convolved(in)
	case l.Pooling != nil:
		return l.Pooling.shape(in)
	case l.InnerProduct != nil:
		axis, err := axisOf(l.InnerProduct.Axis, len(in))
		if err != nil {
			return nil, err
		}
		return append(slices.Clone(in[:axis]), l.InnerProduct.Outputs), nil
	case l.Reshape != nil:
		return l.Reshape.shape(in)
	case l.Crop != nil && len(bottoms) == 2:
		return l.Crop.shape(in, bottoms[1])
	case l.Type == "Flatten" && l.Node.Last("flatten_param") == nil && len(in) > 0:
		rest := 1
		for _, d := range in[1:] {
			rest *= d
		}
		return []int{in[0], rest}, nil
	}
	return nil, nil
}

func axisOf(axis, axes int) (int, error) {
	if axis < 0 {
		axis += axes
	}
	if axis < 0 || axis >= axes {
		return 0, fmt.Errorf("axis %d of an input of %d axes", axis, axes)
	}
	return axis, nil
}

func (l *Layer) convolved(in []int) ([]int, error) {
	if len(in) != 4 {
		return nil, fmt.Errorf("an input of shape %v, want four axes", in)
	}
	c := l.Convolution
	if in[1]%c.Group != 0 || c.Outputs%c.Group != 0 {
		return nil, fmt.Errorf("%d channels to %d in %d groups", in[1], c.Outputs, c.Group)
	}
	out := []int{in[0], c.Outputs, 0, 0}
	for i := range 2 {
		extent := c.Dilation[i]*(c.Kernel[i]-1) + 1
		if l.Type == "Deconvolution" {
			out[2+i] = c.Stride[i]*(in[2+i]-1) + extent - 2*c.Pad[i]
		} else if out[2+i] = in[2+i] + 2*c.Pad[i] - extent; out[2+i] >= 0 {
			out[2+i] = out[2+i]/c.Stride[i] + 1
		}
		if out[2+i] < 1 {
			return nil, fmt.Errorf("a kernel of %v does not fit an input of %v", c.Kernel, in)
		}
	}
	return out, nil
}

func (p *Pooling) shape(in []int) ([]int, error) {
	if len(in) != 4 {
		return nil, fmt.Errorf("an input of shape %v, want four axes", in)
	}
	out := []int{in[0], in[1], 1, 1}
	for i := range 2 {
		if p.Global {
			continue
		}
		span := in[2+i] + 2*p.Pad[i] - p.Kernel[i]
		if span < 0 || p.Pad[i] >= p.Kernel[i] {
			return nil, fmt.Errorf("a window of %v with %v around does not fit an input of %v", p.Kernel, p.Pad, in)
		}
		if out[2+i] = span/p.Stride[i] + 1; !p.Floor && span%p.Stride[i] != 0 {
			out[2+i]++
		}
		if p.Pad[i] > 0 && (out[2+i]-1)*p.Stride[i] >= in[2+i]+p.Pad[i] { // the last window must start inside
			out[2+i]--
		}
	}
	return out, nil
}

func (p *Reshape) shape(in []int) ([]int, error) {
	from := p.Axis
	if from < 0 {
		from += len(in) + 1
	}
	to := len(in)
	if p.NumAxes >= 0 && from >= 0 {
		to = from + p.NumAxes
	}
	if from < 0 || from > len(in) || to > len(in) {
		return nil, fmt.Errorf("axes %d to %d of an input of %d axes", from, to, len(in))
	}
	out, rest, have, want := slices.Clone(in[:from]), -1, 1, 1
	for i, d := range p.Shape {
		switch {
		case d == 0 && from+i < len(in):
			d = in[from+i]
		case d == 0:
			return nil, fmt.Errorf("axis %d keeps a length that the input %v does not have", i, in)
		case d == -1 && rest >= 0:
			return nil, fmt.Errorf("two axes of length -1")
		case d == -1:
			rest, d = from+i, 1
		}
		out = append(out, d)
	}
	out = append(out, in[to:]...)
	for _, d := range in {
		have *= d
	}
	for _, d := range out {
		if d > 0 && want > math.MaxInt64/d {
			return nil, fmt.Errorf("a shape of %v", p.Shape)
		}
		want *= d
	}
	if rest >= 0 && want > 0 && have%want == 0 {
		out[rest] = have / want
		want = have
	}
	if have != want {
		return nil, fmt.Errorf("an input of %v does not become %v", in, p.Shape)
	}
	return out, nil
}

func (p *Crop) shape(in, like []int) ([]int, error) {
	axis, err := axisOf(p.Axis, len(in))
	if err != nil || len(like) != len(in) {
		return nil, fmt.Errorf("an input of %v is cut to %v from axis %d", in, like, p.Axis)
	}
	if k := len(p.Offset); k > 1 && k != len(in)-axis {
		return nil, fmt.Errorf("%d offsets for %d axes", k, len(in)-axis)
	}
	out := slices.Clone(in)
	for i := axis; i < len(in); i++ {
		offset := 0
		switch len(p.Offset) {
		case 0:
		case 1:
			offset = p.Offset[0]
		default:
			offset = p.Offset[i-axis]
		}
		if out[i] = like[i]; like[i] > in[i]-offset {
			return nil, fmt.Errorf("an input of %v cannot be cut to %v at offset %v", in, like, p.Offset)
		}
	}
	return out, nil
}
