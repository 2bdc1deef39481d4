package weights

import (
	"reverie/compute/format/torch"
)

// Source is a tensor that a model file lists and that is read when asked for.
type Source struct {
	Name  string
	DType string // as the file names it
	Shape []int
	// SameAs is the name of an earlier tensor that shares its values in the file; "" for most.
	SameAs string
	// Read gives the values in C order.
	Read func() ([]float32, error)
}

// TorchSources lists the tensors of a PyTorch file, which must stay open while they are read.
func TorchSources(f *torch.File) []Source {
	out := make([]Source, len(f.Tensors))
	for i, t := range f.Tensors {
		out[i] = Source{Name: t.Name, DType: t.DType, Shape: t.Shape, Read: t.Float32}
		if t.SameAs != nil {
			out[i].SameAs = t.SameAs.Name
		}
	}
	return out
}
