package weights

import "reverie/compute/format/safetensors"

// SafetensorsSources lists the tensors of a safetensors file, which must stay open while they are read.
func SafetensorsSources(f *safetensors.File) []Source {
	out := make([]Source, len(f.Tensors))
	for i, t := range f.Tensors {
		out[i] = Source{Name: t.Name, DType: t.DType, Shape: t.Shape, Read: t.Float32}
	}
	return out
}
