package weights

import (
	"fmt"

	"reverie/compute/format/caffe"
)

// CaffeSources lists what the layers of a Caffe model learnt, as NAME.weight and
// NAME.bias; further blobs of a layer are NAME.2 and so on. The axes of length 1
// that the older generation puts before the weights of fully connected layers,
// (1,1,out,in), and before biases, (1,1,1,n), are left out. The file must stay
// open while they are read.
func CaffeSources(f *caffe.File) []Source {
	var out []Source
	for _, l := range f.Layers {
		for i, b := range l.Blobs {
			s := Source{Name: fmt.Sprint(l.Name, ".", i), DType: "float32", Shape: b.Shape, Read: b.Float32}
			switch {
			case i == 0:
				s.Name = l.Name + ".weight"
				if l.Type == "InnerProduct" {
					s.Shape = lastAxes(b.Shape, 2)
				}
			case i == 1:
				s.Name, s.Shape = l.Name+".bias", lastAxes(b.Shape, 1)
			}
			out = append(out, s)
		}
	}
	return out
}

// lastAxes leaves out leading axes of length 1 until n are left.
func lastAxes(shape []int, n int) []int {
	for len(shape) > n && shape[0] == 1 {
		shape = shape[1:]
	}
	return shape
}

// VGG19FromCaffe finds VGG19 in a Caffe model by its layers' names. Its input is
// Caffe's: BGR, 0–255 minus the mean.
func VGG19FromCaffe(f *caffe.File) (*VGG19, error) {
	v, err := vgg19(CaffeSources(f))
	if err != nil {
		return nil, fmt.Errorf("VGG19 from a Caffe model: %w", err)
	}
	generation := "layer"
	if f.V1 {
		generation = "layers (V1)"
	}
	v.Keys = fmt.Sprintf("%s of %q, %s", v.Keys, f.Name, generation)
	return v, nil
}
