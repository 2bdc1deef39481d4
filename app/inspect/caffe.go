package inspect

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reverie/compute/format/caffe"
	"reverie/compute/format/prototxt"
)

// wholeTensor is how large a tensor may be, in bytes, to be read whole for its first values.
const wholeTensor = 4 << 20

func (d *Doc) caffemodel() error {
	f, err := caffe.Open(d.Path)
	if err != nil {
		return err
	}
	d.closes(f)
	r, err := os.Open(d.Path)
	if err != nil {
		return err
	}
	d.closes(r)
	d.Kind = "Caffe model"
	if f.Name != "" {
		d.fact("network", "%s", clean(f.Name, 80))
	}
	generation := "new (layer)"
	if f.V1 {
		generation = "V1 (layers)"
	}
	d.fact("generation", "%s", generation)
	learnt, values := 0, int64(0)
	var names []string
	for k, l := range f.Layers {
		n := &Node{Name: l.Name, Kind: Layer, Type: l.Type, Note: flow(l.Bottom, l.Top)}
		if len(l.Blobs) > 0 {
			learnt++
			names = append(names, l.Name)
			n.children = blobs(f, r, d.Size, k)
		}
		for _, b := range l.Blobs {
			values += int64(b.Len())
		}
		d.Roots = append(d.Roots, n)
	}
	d.fact("layers", "%s, %s of them learnt", Count(len(f.Layers)), Count(learnt))
	d.fact("parameters", "%s", Count(values))
	d.recognise(names)
	return nil
}

// recognise names networks of the method by their layers.
func (d *Doc) recognise(names []string) {
	has := func(n ...string) bool {
		for _, x := range n {
			if !slices.Contains(names, x) {
				return false
			}
		}
		return true
	}
	switch {
	case has("conv1_1", "conv1_2", "conv2_2", "conv3_4", "conv4_4", "conv5_4"):
		d.fact("layers are those of", "VGG19")
	case has("conv1_1", "conv1_2", "conv2_2", "conv3_3", "conv4_3", "conv5_3"):
		d.fact("layers are those of", "VGG16")
	case has("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"):
		d.fact("layers are those of", "AlexNet or CaffeNet")
	case has("defc7", "defc6", "defc5", "deconv5", "deconv0"):
		d.fact("layers are those of", "a deep generator network (fc6, fc7)")
	case has("deconv5", "deconv0"):
		d.fact("layers are those of", "a deep generator network")
	}
}

// flow is what goes into a layer and what comes out.
func flow(in, out []string) string {
	if len(in) == 0 && len(out) == 0 {
		return ""
	}
	return clean(strings.TrimSpace(strings.Join(in, ", ")+" → "+strings.Join(out, ", ")), 80)
}

// blobs are the tensors of layer k.
func blobs(f *caffe.File, r io.ReaderAt, size int64, k int) func(context.Context) ([]*Node, error) {
	return func(context.Context) ([]*Node, error) {
		var out []*Node
		for j, b := range f.Layers[k].Blobs {
			name := fmt.Sprintf("blob %d", j)
			if j < 2 {
				name = [2]string{"weight", "bias"}[j]
			}
			n := &Node{Name: name, Kind: Tensor, Shape: shaped(b.Shape), Bytes: 4 * int64(b.Len())}
			first, double, packed := blobAt(r, size, k, j)
			n.Type = "float32 LE"
			if double {
				n.Type, n.Bytes = "float64 LE", 2*n.Bytes
			}
			n.values = func(_ context.Context, most int) ([]string, error) {
				switch {
				case packed >= int64(most)*8 || packed > 0 && packed == n.Bytes:
					typ, _, _ := strings.Cut(n.Type, " ")
					return rawValues(r, first, typ, false, most)
				case n.Bytes > wholeTensor:
					return nil, fmt.Errorf("%s in many pieces: not read for their beginning", Bytes(n.Bytes))
				}
				v, err := b.Float32()
				return floats(v[:min(len(v), most)]), err
			}
			out = append(out, n)
		}
		return out, nil
	}
}

func (d *Doc) binaryproto() error {
	const most = 256 << 20
	if d.Size > most {
		return fmt.Errorf("it has %s, no mean image has more than %s", Bytes(d.Size), Bytes(most))
	}
	f, err := os.Open(d.Path)
	if err != nil {
		return err
	}
	shape, values, err := caffe.ReadBlob(d.Path)
	if err != nil {
		f.Close()
		return err
	}
	f.Close()
	d.Kind = "Caffe mean image"
	d.Roots = []*Node{{Name: "data", Kind: Tensor, Type: "float32", Shape: shaped(shape), Bytes: 4 * int64(len(values)),
		values: func(_ context.Context, n int) ([]string, error) { return floats(values[:min(n, len(values))]), nil }}}
	if n := len(shape); n >= 3 && shape[n-3] == 3 && len(values) > 0 && len(values) == product(shape[n-3:]) {
		v := make([]float64, len(values))
		for i, x := range values {
			v[i] = float64(x)
		}
		d.channelMeans(v)
	}
	return nil
}

// network opens a .prototxt.
func (d *Doc) network() error {
	n, err := prototxt.OpenNetwork(d.Path)
	if err != nil {
		return err
	}
	d.Kind = "Caffe network (prototxt)"
	if n.Name != "" {
		d.fact("network", "%s", clean(n.Name, 80))
	}
	generation := "new (layer)"
	if n.V1 {
		generation = "V1 (layers)"
	}
	d.fact("generation", "%s", generation)
	var names []string
	for _, l := range n.Layers {
		if l.Convolution != nil || l.InnerProduct != nil {
			names = append(names, l.Name)
		}
	}
	d.fact("layers", "%s, %s of them learnt", Count(len(n.Layers)), Count(len(names)))
	shapes, err := n.Shapes()
	if err != nil {
		d.fact("shapes", "cannot follow: %v", err)
	}
	for _, i := range n.Inputs {
		d.fact("input "+clean(i.Name, 40), "%s", Shape(i.Dims))
		if !slices.ContainsFunc(n.Layers, func(l prototxt.Layer) bool { return l.Type == "Input" && slices.Contains(l.Top, i.Name) }) {
			d.Roots = append(d.Roots, &Node{Name: i.Name, Kind: Layer, Type: "input", Shape: i.Dims})
		}
	}
	d.recognise(names)
	for _, l := range n.Layers {
		node := &Node{Name: l.Name, Kind: Layer, Type: layerType(&l), Note: flow(l.Bottom, l.Top)}
		if len(l.Top) > 0 {
			node.Shape = shapes[l.Top[0]]
		}
		if l.Phase != "" {
			node.Note += "; only in " + l.Phase
		}
		d.Roots = append(d.Roots, node)
	}
	return nil
}

// layerType is a layer's type with the numbers that matter.
func layerType(l *prototxt.Layer) string {
	pair := func(p [2]int) string {
		if p[0] == p[1] {
			return fmt.Sprint(p[0])
		}
		return fmt.Sprintf("%d×%d", p[0], p[1])
	}
	switch {
	case l.Convolution != nil:
		c := l.Convolution
		s := fmt.Sprintf("%s %s of %s, stride %s, pad %s", l.Type, Count(c.Outputs), pair(c.Kernel), pair(c.Stride), pair(c.Pad))
		if c.Group > 1 {
			s += fmt.Sprintf(", %d groups", c.Group)
		}
		return s
	case l.Pooling != nil && l.Pooling.Global:
		return fmt.Sprintf("%s %s, global", l.Type, l.Pooling.Method)
	case l.Pooling != nil:
		return fmt.Sprintf("%s %s of %s, stride %s", l.Type, l.Pooling.Method, pair(l.Pooling.Kernel), pair(l.Pooling.Stride))
	case l.InnerProduct != nil:
		return fmt.Sprintf("%s %s", l.Type, Count(l.InnerProduct.Outputs))
	case l.ReLU != nil && l.ReLU.NegativeSlope != 0:
		return fmt.Sprintf("%s, negative slope %g", l.Type, l.ReLU.NegativeSlope)
	case l.Dropout != nil:
		return fmt.Sprintf("%s %g", l.Type, l.Dropout.Ratio)
	}
	return l.Type
}

// isNetwork tells a network's text by its name or its beginning.
func isNetwork(path string, head []byte) bool {
	if strings.EqualFold(filepath.Ext(path), ".prototxt") {
		return true
	}
	s := string(head)
	return strings.Contains(s, "layer {") || strings.Contains(s, "layers {") || strings.Contains(s, "layer{") || strings.Contains(s, "layers{")
}
