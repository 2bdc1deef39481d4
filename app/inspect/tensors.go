package inspect

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	"reverie/compute/format/safetensors"
	"reverie/compute/format/torch"
)

// safeTypes are safetensors' names of types in the words used here.
var safeTypes = map[string]string{"F64": "float64", "F32": "float32", "BF16": "bfloat16", "F16": "float16", "I64": "int64", "I32": "int32",
	"I16": "int16", "I8": "int8", "U64": "uint64", "U32": "uint32", "U16": "uint16", "U8": "uint8", "BOOL": "bool", "C64": "complex64"}

func (d *Doc) safetensors() error {
	f, err := safetensors.Open(d.Path)
	if err != nil {
		return err
	}
	d.closes(f)
	r, err := os.Open(d.Path)
	if err != nil {
		return err
	}
	d.closes(r)
	d.Kind = "safetensors"
	values := int64(0)
	for _, t := range f.Tensors {
		values += int64(t.Len())
		n := &Node{Name: t.Name, Kind: Tensor, Type: t.DType, Shape: shaped(t.Shape), Bytes: t.Size}
		if typ, ok := safeTypes[t.DType]; ok {
			n.Type = typ
			n.values = func(_ context.Context, most int) ([]string, error) { return rawValues(r, t.Offset, typ, false, most) }
		} else {
			n.Note = "values of this type are not read"
		}
		d.Roots = append(d.Roots, n)
	}
	d.fact("tensors", "%s", Count(len(f.Tensors)))
	d.fact("values", "%s", Count(values))
	for _, k := range slices.Sorted(maps.Keys(f.Metadata)) {
		d.fact("metadata "+clean(k, 40), "%s", clean(f.Metadata[k], 200))
	}
	return nil
}

func (d *Doc) torch() error {
	f, err := torch.Open(d.Path)
	if err != nil {
		return err
	}
	d.closes(f)
	r, err := os.Open(d.Path)
	if err != nil {
		return err
	}
	d.closes(r)
	d.Kind = "PyTorch file"
	container := string(f.Container)
	if f.Container == torch.Legacy {
		container = "legacy (before PyTorch 1.6)"
	}
	if f.BigEndian {
		container += ", big endian"
	}
	places := &torchPlaces{r: r, size: d.Size, path: d.Path}
	values := int64(0)
	for _, t := range f.Tensors {
		if t.SameAs == nil {
			values += int64(t.Len())
		}
		n := &Node{Name: t.Name, Kind: Tensor, Type: t.DType, Shape: shaped(t.Shape)}
		if e, ok := elements[t.DType]; ok {
			n.Bytes = int64(t.Len()) * int64(e.size)
		}
		if t.SameAs != nil {
			n.Note = "the same values as " + t.SameAs.Name
		}
		n.values = func(_ context.Context, most int) ([]string, error) {
			if at, ok := places.find(t); ok {
				return rawValues(r, at, t.DType, f.BigEndian, most)
			}
			if n.Bytes > wholeTensor {
				return nil, fmt.Errorf("%s not stored in a row: not read for their beginning", Bytes(n.Bytes))
			}
			v, err := t.Float32()
			return floats(v[:min(len(v), most)]), err
		}
		d.Roots = append(d.Roots, n)
	}
	d.fact("container", "%s", container)
	d.fact("tensors", "%s", Count(len(f.Tensors)))
	d.fact("values", "%s", Count(values))
	for _, note := range f.Notes {
		d.fact("note", "%s", clean(note, 300))
	}
	return nil
}
